DROP TABLE import_rejections;
DROP TABLE import_chunks;
DROP TABLE imports;
