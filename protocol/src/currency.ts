/** Currencies whose minor unit is not a hundredth of the major one, by ISO 4217. */
const otherDigits: Readonly<Record<string, number>> = {
  ...withDigits(0, 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF'),
  ...withDigits(3, 'BHD IQD JOD KWD LYD OMR TND'),
  ...withDigits(4, 'CLF UYW'),
};

/** Decimals of the currency's major unit: 2 of USD, 0 of JPY, 3 of KWD. `hq_view.minor_digits` says the same in SQL. */
export function minorDigits(currency: string): number {
  return otherDigits[currency] ?? 2;
}

function withDigits(digits: number, currencies: string): Record<string, number> {
  return Object.fromEntries(currencies.split(' ').map((currency) => [currency, digits]));
}
