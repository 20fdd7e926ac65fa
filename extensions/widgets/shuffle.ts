// The order in which a learner sees items: drawn from a seed and the items' names, the same at every reload. No secret.

/** 53-bit hash of a text (cyrb53): spreads well, guards nothing. */
export function hash(text: string): number {
  let a = 0xdeadbeef;
  let b = 0x41c6ce57;
  for (let i = 0; i < text.length; i++) {
    const char = text.charCodeAt(i);
    a = Math.imul(a ^ char, 2654435761);
    b = Math.imul(b ^ char, 1597334677);
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
  return 4294967296 * (2097151 & b) + (a >>> 0);
}

/** A copy in the seed's order; it depends neither on the given order nor on the other items. */
export function shuffled<T extends { item: string }>(items: readonly T[], seed: string): T[] {
  const place = (value: T) => hash(`${seed}/${value.item}`);
  return [...items].sort((left, right) => place(left) - place(right) || left.item.localeCompare(right.item));
}
