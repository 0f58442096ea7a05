import { minorDigits } from '@hq-sync/protocol/currency';

/** From this on a compact amount leaves the minor units out, so that a busy day still fits a column. */
const wholeFromMajor = 10_000n;

/**
 * Money in minor units as people of that currency write it: `1234n` of USD is `$12.34`, of JPY `¥1,234`. Exact at
 * any size, unless `compact`: then large amounts lose their minor units.
 */
export function formatMoney(minor: bigint, currency: string, compact = false): string {
  const digits = minorDigits(currency);
  const scale = 10n ** BigInt(digits);
  if (compact && absolute(minor) / scale >= wholeFromMajor) {
    return formatOf(currency, 0).format(minor / scale);
  }
  // Intl reads a decimal string exactly, where a number would lose digits.
  return formatOf(currency, digits).format(decimal(minor, digits) as unknown as number);
}

function decimal(minor: bigint, digits: number): string {
  const text = absolute(minor)
    .toString()
    .padStart(digits + 1, '0');
  const whole = text.slice(0, text.length - digits);
  const fraction = digits === 0 ? '' : `.${text.slice(-digits)}`;
  return `${minor < 0n ? '-' : ''}${whole}${fraction}`;
}

function absolute(value: bigint): bigint {
  return value < 0n ? -value : value;
}

/** Making a format takes 50 µs, which a table of 1,000 stores has thousands of. */
const formats = new Map<string, Intl.NumberFormat>();

/** The digits are given: Intl's own are those of shops without coins, which the forint and the rupiah have but in books. */
function formatOf(currency: string, digits: number): Intl.NumberFormat {
  const key = `${currency} ${digits}`;
  const known = formats.get(key);
  if (known !== undefined) return known;
  const fraction = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  const format = new Intl.NumberFormat('en-US', { style: 'currency', currency, ...fraction });
  formats.set(key, format);
  return format;
}
