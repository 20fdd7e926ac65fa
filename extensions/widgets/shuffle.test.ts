import { describe, expect, it } from 'vitest';
import { shuffled } from './shuffle';

const items = Array.from({ length: 8 }, (_, n) => ({ item: `item-${String(n)}` }));
const names = (seed: string, given = items) => shuffled(given, seed).map(({ item }) => item);

describe('the order of items', () => {
  it('is the same for the same seed, whatever order they came in', () => {
    expect(names('a')).toEqual(names('a', [...items].reverse()));
  });

  it('differs between seeds, and loses nothing', () => {
    const orders = new Set(Array.from({ length: 50 }, (_, n) => names(`seed ${String(n)}`).join()));
    expect(orders.size).toBeGreaterThan(45);
    expect(names('a').sort()).toEqual(items.map(({ item }) => item));
  });

  it('moves no other item when one is added', () => {
    const more = names('a', [...items, { item: 'new' }]).filter(item => item !== 'new');
    expect(more).toEqual(names('a'));
  });

  it('puts each item first about equally often', () => {
    const first = new Map<string, number>();
    for (let n = 0; n < 4000; n++) {
      const name = names(`s${String(n)}`)[0] ?? '';
      first.set(name, (first.get(name) ?? 0) + 1);
    }
    for (const count of first.values()) expect(Math.abs(count - 500)).toBeLessThan(120);
  });
});
