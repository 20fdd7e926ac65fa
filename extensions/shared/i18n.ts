// The words of the front ends: English in the source, Russian from the catalogue; the page says which.
import ru from '../locale/ru.json';
import { shared } from './dom';
import { jupyterConfig, lessonPage } from './page';

export type Language = 'ru' | 'en';
type Catalogue = Record<string, string | string[]>;
export type Words = Record<string, string | number>;

const CATALOGUES: Record<Language, Catalogue> = { ru: ru, en: {} };
const FORMS = ['one', 'few', 'many'];
const chosen = () => shared<{ language: Language | null }>('language', () => ({ language: null })); // of all bundles on the page

function known(tag: unknown): Language | null {
  const stem = typeof tag === 'string' ? tag.split(/[-_]/)[0]?.toLowerCase() : '';
  return stem === 'ru' || stem === 'en' ? stem : null;
}

/** The language in force: chosen, else the lesson page's, else Jupyter's `proboostLanguage`, else the document's. */
export function language(): Language {
  return (
    chosen().language ?? known(lessonPage()?.lang) ?? known(jupyterConfig().proboostLanguage) ?? known(document.documentElement.lang) ?? 'en'
  );
}

/** Choose the language of this page's own words; null asks the page again. */
export function setLanguage(tag: string | null): void {
  chosen().language = known(tag);
}

function filled(text: string, words: Words): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = words[name];
    return value === undefined ? whole : typeof value === 'number' ? number(value) : value;
  });
}

/** A sentence in the reader's language; `{name}` is filled from `words`, numbers as the language writes them. */
export function t(message: string, words: Words = {}): string {
  const found = CATALOGUES[language()][message];
  return filled(typeof found === 'string' ? found : message, words);
}

/** Made once: it takes tens of milliseconds. */
function once<T>(make: (tag: Language) => T): (tag: Language) => T {
  const made = new Map<Language, T>();
  return tag => {
    const kept = made.get(tag) ?? make(tag);
    made.set(tag, kept);
    return kept;
  };
}

const plurals = once(tag => new Intl.PluralRules(tag));
const numbers = once(tag => new Intl.NumberFormat(tag, { maximumFractionDigits: 2 }));

/** The same with a number `{n}`: 1 балл, 2 балла, 5 баллов, 1,5 балла. */
export function tn(one: string, many: string, n: number, words: Words = {}): string {
  const found = CATALOGUES[language()][one];
  const rule = plurals(language()).select(n);
  const form = Array.isArray(found) ? found[Math.max(FORMS.indexOf(rule === 'other' ? 'few' : rule), 0)] : undefined;
  return filled(form ?? (rule === 'one' ? one : many), { n, ...words });
}

export function number(value: number): string {
  if (Number.isInteger(value) && value >= 0 && value < 1000) return String(value); // the same in both languages, and as a rule all that a page needs
  return numbers(language()).format(value);
}

/** 14:05 today, 30 ноября, 14:05 on another day; in the browser's own time zone. */
export function time(iso: string): string {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return '';
  const today = date.toDateString() === new Date().toDateString();
  const day: Intl.DateTimeFormatOptions = today ? {} : { day: 'numeric', month: 'long' };
  return new Intl.DateTimeFormat(language(), { ...day, hour: '2-digit', minute: '2-digit' }).format(date);
}
