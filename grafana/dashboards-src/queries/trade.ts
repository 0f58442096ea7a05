/** Columns of trade: a query that has them groups by currency, so that no amounts of two are added. */
export const tradeColumns = `  sum(sales_count)::bigint as "Sales",
  hq_view.money(sum(gross_minor), currency) as "Revenue",
  hq_view.money(sum(tax_minor), currency) as "Tax",
  hq_view.money(sum(discount_minor), currency) as "Discounts",
  sum(void_count)::bigint as "Voids",
  hq_view.money(sum(void_minor), currency) as "Voided",
  sum(return_count)::bigint as "Returns",
  hq_view.money(sum(return_minor), currency) as "Returned"`;
