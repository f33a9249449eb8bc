DROP TABLE bulk_act_leads;
DROP TABLE bulk_acts;
