DROP INDEX leads_with_partner_unconfirmed;
DROP INDEX leads_not_distributed;
