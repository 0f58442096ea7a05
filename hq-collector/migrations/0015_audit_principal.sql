-- A name can be another's too: that of a person is what their issuer says, that of a token what its maker wrote.
alter table hq.audit_log add column principal text;
