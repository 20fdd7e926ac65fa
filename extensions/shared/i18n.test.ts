import { afterEach, describe, expect, it } from 'vitest';
import { language, number, setLanguage, t, tn } from './i18n';

afterEach(() => {
  setLanguage(null);
  document.documentElement.lang = '';
  document.body.replaceChildren();
});

describe('the language of the page', () => {
  it('is English when nothing says otherwise', () => {
    expect(language()).toBe('en');
    expect(t('Check')).toBe('Check');
  });

  it('is the document’s', () => {
    document.documentElement.lang = 'ru-RU';
    expect(t('Check')).toBe('Проверить');
  });

  it('is Jupyter’s configuration before the document’s', () => {
    document.documentElement.lang = 'en';
    document.body.innerHTML = '<script id="jupyter-config-data" type="application/json">{"proboostLanguage": "ru_RU"}</script>';
    expect(language()).toBe('ru');
  });

  it('stays English for a language that we do not have', () => {
    document.documentElement.lang = 'de';
    expect(language()).toBe('en');
  });
});

describe('sentences', () => {
  it('are filled by name, numbers as the language writes them', () => {
    setLanguage('ru');
    expect(t('Hint ({n} of {total})', { n: 1, total: 2.5 })).toBe('Подсказка (1 из\u00a02,5)');
    expect(number(1234.5).replace(/\s/g, ' ')).toBe('1 234,5');
  });

  it('keep a brace that nobody fills', () => {
    expect(t('Hint ({n} of {total})', { n: 1 })).toBe('Hint (1 of {total})');
  });

  it.each([
    [1, '1 балл'],
    [2, '2 балла'],
    [5, '5 баллов'],
    [11, '11 баллов'],
    [21, '21 балл'],
    [0, '0 баллов'],
    [1.5, '1,5 балла'],
  ])('have right plurals: %s', (n, text) => {
    setLanguage('ru');
    expect(tn('{n} point', '{n} points', n).replace('\u00a0', ' ')).toBe(text);
  });

  it('have English plurals', () => {
    expect([1, 2, 0, 1.5].map(n => tn('{n} point', '{n} points', n))).toEqual(['1 point', '2 points', '0 points', '1.5 points']);
  });
});
