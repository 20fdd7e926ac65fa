import { describe, expect, it } from 'vitest';
import { Output, plain, table } from './output';

describe('text of a terminal', () => {
  it('loses its colours and keeps its words', () => {
    expect(plain('\u001b[0;31mNameError\u001b[0m: \u001b]8;;http://x\u0007x\u001b]8;;\u0007')).toBe('NameError: x');
  });

  it('starts a line again after a carriage return', () => {
    expect(plain('10%\r50%\r100%\ndone\r\n')).toBe('100%\ndone\n');
    expect(plain('waiting\r')).toBe('waiting\r'.replace('\r', plain('\r')));
  });

  it('has no control characters', () => {
    expect(plain('a\u0000b\u0007c\td')).toBe('abc\td');
  });
});

describe('a table of the program’s', () => {
  it('is rebuilt without scripts, styles, handlers and links', () => {
    const shown = table('<style>b{}</style><script>x</script><table onclick="x"><tr><th colspan="2">a</th><td><a href="javascript:x">1</a><img src=x onerror=x></td></tr></table>');
    expect(shown.innerHTML).toBe('<table><tbody><tr><th colspan="2">a</th><td>1</td></tr></tbody></table>');
  });
});

describe('output', () => {
  it('joins a stream, and begins anew for the other one', () => {
    const output = new Output();
    output.add({ kind: 'stream', name: 'stdout', text: 'a' });
    output.add({ kind: 'stream', name: 'stdout', text: 'b\n' });
    output.add({ kind: 'stream', name: 'stderr', text: 'c' });
    expect([...output.element.querySelectorAll('pre')].map(pre => pre.textContent)).toEqual(['ab\n', 'c']);
    expect(output.element.hidden).toBe(false);
  });

  it('is bounded, and says so once', () => {
    const output = new Output();
    for (let n = 0; n < 5; n++) output.add({ kind: 'stream', name: 'stdout', text: 'x'.repeat(50_000) });
    expect(output.element.querySelector('pre')?.textContent.length).toBe(60_000);
    expect(output.element.querySelectorAll('.pb-cut')).toHaveLength(1);
  });

  it('says an error first by its name and words, then where', () => {
    const output = new Output();
    output.add({ kind: 'error', name: 'NameError', value: "name 'x' is not defined", traceback: "line 2:\n    x\nNameError: name 'x' is not defined", explanation: 'There is no `x` here. Did you mean `<b>`?' });
    expect(output.element.querySelector('.pb-error-head')?.textContent).toBe("NameError: name 'x' is not defined");
    expect(output.element.querySelector('pre')?.textContent).toBe('line 2:\n    x');
    expect(output.trouble).toBe("NameError: name 'x' is not defined");
    expect(output.element.querySelector('.pb-error')?.lastElementChild?.innerHTML).toBe('There is no <code>x</code> here. Did you mean <code>&lt;b&gt;</code>?');
    expect(output.spoken).toBe("NameError: name 'x' is not defined. There is no `x` here. Did you mean `<b>`?");
    output.clear();
    expect([output.trouble, output.element.hidden]).toEqual(['', true]);
  });

  it('keeps what is asked when the program clears the rest', async () => {
    const output = new Output();
    document.body.append(output.element);
    output.add({ kind: 'stream', name: 'stdout', text: 'no' });
    const answer = output.ask('Again? ', false);
    output.add({ kind: 'clear' });
    expect([output.element.textContent.includes('no'), output.element.hidden]).toEqual([false, false]);
    const field = output.element.querySelector('input') ?? expect.fail('no field');
    expect(document.activeElement).toBe(field);
    field.value = 'yes';
    output.element.querySelector('form')?.requestSubmit();
    await expect(answer).resolves.toBe('yes');
    output.element.remove();
  });

  it('shows text as text', () => {
    const output = new Output();
    output.add({ kind: 'stream', name: 'stdout', text: '<img src=x onerror=alert(1)>' });
    output.add({ kind: 'data', data: { 'text/plain': '<b>' } });
    expect(output.element.querySelector('img, b')).toBeNull();
  });

  it('shows a picture, and gives way to what comes after a word of ours', () => {
    const output = new Output();
    output.say('Running…', 'wait');
    output.add({ kind: 'data', data: { 'image/png': 'aGk=\n', 'text/plain': '<Figure size 1>' } });
    expect(output.element.querySelector('.pb-said')).toBeNull();
    expect(output.element.querySelector('img')?.getAttribute('src')).toBe('data:image/png;base64,aGk=');
  });
});
