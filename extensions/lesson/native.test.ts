import { afterEach, expect, it } from 'vitest';
import type { ExerciseProgress } from '../shared/api';
import { watchNative } from './native';

const stops: (() => void)[] = [];
afterEach(() => {
  stops.splice(0).forEach(stop => stop());
  document.body.replaceChildren();
});

it('says of each native cell what was found of it', () => {
  document.body.innerHTML = '<section class="pb-native" data-ref="c/l#test-1"><span class="pb-chip">2 points</span></section><section class="pb-native" data-ref="c/l#b"><span class="pb-chip">?</span></section>';
  stops.push(watchNative());
  const [chip, other] = document.querySelectorAll('.pb-chip');
  const tell = (state: ExerciseProgress['state'], points: number) => document.dispatchEvent(new CustomEvent('pb:points', { detail: [{ id: 'test-1', ref: 'c/l#test-1', title: '', kind: 'cell', state, points, max_points: 2 }] }));
  tell('manual', 0);
  expect(chip?.textContent).toBe('handed in');
  tell('partial', 1.5);
  expect([chip?.textContent, chip?.className]).toEqual(['1.5 of 2 points', 'pb-chip pb-part']);
  tell('passed', 2);
  expect(chip?.className).toBe('pb-chip pb-good');
  tell('new', 0);
  expect([chip?.textContent, chip?.className]).toEqual(['2 points', 'pb-chip']);
  expect(other?.textContent).toBe('?');
});
