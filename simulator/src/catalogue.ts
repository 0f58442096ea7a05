/** What a made-up store sells. Prices are per unit, in the minor unit of whichever currency the store has. */
export interface Product {
  readonly id: string;
  readonly priceMinor: number;
  readonly taxed: boolean;
  /** Sold by weight: the quantity is in kg, with three decimals. */
  readonly byWeight?: true;
}

export const catalogue: readonly [Product, ...Product[]] = [
  { id: 'milk-1l', priceMinor: 129, taxed: false },
  { id: 'bread-rye', priceMinor: 289, taxed: false },
  { id: 'butter-250g', priceMinor: 319, taxed: false },
  { id: 'eggs-10', priceMinor: 349, taxed: false },
  { id: 'apples', priceMinor: 299, taxed: false, byWeight: true },
  { id: 'bananas', priceMinor: 179, taxed: false, byWeight: true },
  { id: 'tomatoes', priceMinor: 349, taxed: false, byWeight: true },
  { id: 'cheese-aged', priceMinor: 1899, taxed: false, byWeight: true },
  { id: 'coffee-500g', priceMinor: 749, taxed: false },
  { id: 'pasta-500g', priceMinor: 149, taxed: false },
  { id: 'olive-oil', priceMinor: 899, taxed: false },
  { id: 'chocolate', priceMinor: 219, taxed: true },
  { id: 'sparkling-water', priceMinor: 99, taxed: true },
  { id: 'wine-red', priceMinor: 1099, taxed: true },
  { id: 'detergent', priceMinor: 1249, taxed: true },
  { id: 'toothpaste', priceMinor: 279, taxed: true },
  { id: 'shampoo', priceMinor: 459, taxed: true },
  { id: 'batteries-aa', priceMinor: 699, taxed: true },
  { id: 'candle', priceMinor: 399, taxed: true },
  { id: 'umbrella', priceMinor: 1499, taxed: true },
  { id: 'carrier-bag', priceMinor: 15, taxed: true },
  { id: 'gift-free', priceMinor: 0, taxed: true },
];
