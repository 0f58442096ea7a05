import { InvalidArgumentError } from 'commander';

/** A commander parser of whole numbers in [min, max]; what else is given is refused with a sentence. */
export function wholeNumber(min: number, max: number): (value: string) => number {
  return (value) => {
    const number = /^\d+$/.test(value) ? Number(value) : NaN;
    if (number >= min && number <= max) return number;
    throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
  };
}

/** The same for numbers with decimals. */
export function positiveNumber(max: number): (value: string) => number {
  return (value) => {
    const number = /^\d+(\.\d+)?$/.test(value) ? Number(value) : NaN;
    if (number > 0 && number <= max) return number;
    throw new InvalidArgumentError(`It must be a number over 0, at most ${max}.`);
  };
}
