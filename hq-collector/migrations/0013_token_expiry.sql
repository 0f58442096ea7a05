-- Which of a store's tokens it uses, so that its end is seen before the store is refused.

-- in_use: the present connection of the store came in with it, or the last one did.
-- current: of the tokens that work, the one that was used last; where none was used yet, the one that ends last.
create or replace view hq_view.store_tokens as
select
  token_id,
  store_id,
  state,
  created_at,
  created_by,
  expires_at,
  revoked_at,
  superseded_at,
  first_used_at,
  last_used_at,
  pending_until,
  in_use,
  newest,
  state = 'active' and row_number() over (
    partition by store_id
    order by state = 'active' desc, last_used_at desc nulls last, expires_at desc nulls first, created_at desc
  ) = 1 as current
from (
  select
    t.token_id,
    t.store_id,
    case
      when t.revoked_at is not null then 'revoked'
      when t.expires_at <= clock_timestamp() then 'expired'
      when t.superseded_at <= clock_timestamp() then 'superseded'
      when t.pending_until <= clock_timestamp() then 'lapsed'
      when t.pending_until is not null then 'pending'
      else 'active'
    end as state,
    t.created_at,
    t.created_by,
    t.expires_at,
    t.revoked_at,
    t.superseded_at,
    t.first_used_at,
    t.last_used_at,
    t.pending_until,
    coalesce(c.token_id = t.token_id, false) as in_use,
    row_number() over (
      partition by t.store_id order by (t.pending_until is not null), t.created_at desc
    ) = 1 as newest
  from hq.store_token t
  left join hq.store_connection c using (store_id)
) s;
