DROP TABLE sessions;
DROP TABLE users;
DROP TABLE partners;
DROP FUNCTION leadgate_refuse;
