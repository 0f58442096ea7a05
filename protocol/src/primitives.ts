import { z } from 'zod';
import { limits } from './limits.js';

const controlCharacters = /[\u0000-\u001f\u007f]/; // eslint-disable-line no-control-regex

/** A text without control characters or lone surrogates: PostgreSQL can hold neither U+0000 nor half a pair. */
export const text = (maxChars: number) =>
  z.string().min(1).max(maxChars).refine(isStorable, {
    error: 'must have no control characters and no lone surrogates',
  });

const isStorable = (value: string): boolean => !controlCharacters.test(value) && value.isWellFormed();

/** Identifies a store, record, terminal, product: opaque, compared byte by byte. */
export const id = text(limits.maxIdChars);

/** An id that stands in addresses by itself: those of `.` and `..` are other addresses, whatever escapes them. */
export const addressId = id.refine((value) => value !== '.' && value !== '..', {
  error: 'must not be `.` or `..`: no address can hold it',
});

/** Whether `id` takes it. */
export const isId = (value: unknown): value is string =>
  typeof value === 'string' && value.length >= 1 && value.length <= limits.maxIdChars && isStorable(value);

/**
 * An instant with its offset, RFC 3339, e.g. `2026-11-23T09:15:00.000-06:00`. PostgreSQL has no year 0 and no offset
 * over 15 hours; no place on earth has one over 14.
 */
export const instant = z.iso.datetime({ offset: true }).refine((value) => hasPlaceOnEarth(value), {
  error: 'must be after the year 0, with an offset of at most 14 hours',
});

const dateTime = z.regexes.datetime({ offset: true });
const hasPlaceOnEarth = (value: string): boolean =>
  !value.startsWith('0000') && !/[+-](1[5-9]|2\d):/.test(value);

/** Whether `instant` takes it. */
export const isInstant = (value: unknown): value is string =>
  typeof value === 'string' && dateTime.test(value) && hasPlaceOnEarth(value);

/** A store's business date, `YYYY-MM-DD`. */
export const businessDate = z.iso
  .date()
  .refine((value) => !value.startsWith('0000'), { error: 'must be after the year 0' });

const threeCapitals = /^[A-Z]{3}$/;

/** ISO 4217 code, e.g. `USD`. */
export const currency = z
  .string()
  .regex(threeCapitals, { error: 'must be an ISO 4217 code of three capitals' });

/** Whether `currency` takes it. */
export const isCurrency = (value: unknown): value is string =>
  typeof value === 'string' && threeCapitals.test(value);

/** Money in the currency's minor unit, an integer, never negative. */
export const amountMinor = z.int().min(0).max(limits.maxAmountMinor);

/** Whether `amountMinor` takes it. */
export const isAmountMinor = (value: unknown): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= limits.maxAmountMinor;

export const count = z.int().min(0).max(Number.MAX_SAFE_INTEGER);

/** Whether `count` takes it. */
export const isCount = (value: unknown): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0;

const maxRevision = 2_147_483_647;

/** Grown by the store with each change of a record; the first is 1. Fits PostgreSQL's integer. */
export const revision = z.int().min(1).max(maxRevision);

/** Whether `revision` takes it. */
export const isRevision = (value: unknown): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) <= maxRevision;

export const schemaVersion = z.int().min(0).max(1_000_000);

/** `HH:MM` of the store's own clock. */
export const timeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, { error: 'must be HH:MM' });

/** SHA-256 of a token, in lower-case hexadecimal. */
export const secretHash = z.string().regex(/^[0-9a-f]{64}$/, { error: 'must be a SHA-256 in hexadecimal' });
