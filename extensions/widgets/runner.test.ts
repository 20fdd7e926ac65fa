import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Live, type Message, Model } from './model';
import { Gone, type Piece, piece, Runner } from './runner';

const spec = { kind: 'code', title: 'T', points: 1, prompt_html: '' };

/** A model whose kernel's messages the test writes. */
function stage(manager?: unknown) {
  const sent: Message[] = [];
  let hear: (message: Message) => void = () => undefined;
  const live: Live = {
    get: name => ({ id: 'e', spec, hash: '' })[name],
    set: () => undefined,
    save_changes: () => undefined,
    send: content => void sent.push(content as Message),
    on: (_, listener) => {
      hear = listener as (message: Message) => void;
    },
    off: () => undefined,
    widget_manager: manager,
  };
  const model = new Model({ id: 'e', ref: '', hash: '', spec, mode: 'learn', response: {}, verdict: null });
  model.attach(live);
  const states: string[] = [];
  const interrupt = vi.fn(() => Promise.resolve());
  const runner = new Runner(model, { kernelState: () => Promise.resolve(states.shift() ?? 'idle'), interrupt });
  return { model, runner, sent, states, interrupt, say: (message: Omit<Message, 'n'> & { type: string }) => hear({ ...message, n: sent.at(-1)?.n ?? '' }) };
}

beforeEach(() => {
  vi.useFakeTimers();
  document.body.innerHTML = '<script id="jupyter-config-data" type="application/json">{"kernelId": "k1"}</script>';
});
afterEach(() => {
  vi.useRealTimers();
  document.body.replaceChildren();
});

describe('a run', () => {
  it('tells what the program writes, until it has ended', async () => {
    const { runner, sent, say } = stage();
    const heard: Piece[] = [];
    const done = runner.run('print(1)', found => void heard.push(found));
    expect(sent[0]).toMatchObject({ type: 'run', code: 'print(1)' });
    say({ type: 'heard' });
    say({ type: 'output', stream: 'stdout', text: '1\n' });
    say({ type: 'output', error: { name: 'E', message: 'm', line: 1, traceback: 'line 1\nE: m', explanation: 'why' } });
    say({ type: 'ran', ok: false });
    await done;
    expect(heard).toEqual([
      { kind: 'stream', name: 'stdout', text: '1\n' },
      { kind: 'error', name: 'E', value: 'm', traceback: 'line 1\nE: m', explanation: 'why' },
    ]);
  });

  it('hears nothing of another run', async () => {
    const { runner, say, sent } = stage();
    const heard: Piece[] = [];
    const done = runner.run('x', found => void heard.push(found));
    const mine = sent[0]?.n ?? '';
    sent.push({ type: 'run', n: 'other' });
    say({ type: 'output', stream: 'stdout', text: 'not mine' });
    sent.push({ type: 'run', n: mine });
    say({ type: 'ran' });
    await done;
    expect(heard).toEqual([]);
  });

  it('waits as long as the kernel is busy', async () => {
    const { runner, states, say } = stage();
    states.push('busy', 'busy', 'busy');
    const done = runner.run('x', () => undefined);
    await vi.advanceTimersByTimeAsync(12_500);
    say({ type: 'ran' });
    await expect(done).resolves.toBeUndefined();
  });

  it('ends as gone when the kernel is idle and silent: it was restarted', async () => {
    const { runner } = stage();
    const done = runner.run('x', () => undefined);
    const failed = expect(done).rejects.toBeInstanceOf(Gone);
    await vi.advanceTimersByTimeAsync(4100);
    await failed;
  });

  it('ends as gone when the kernel’s model goes', async () => {
    const { runner, model } = stage();
    const failed = expect(runner.run('x', () => undefined)).rejects.toBeInstanceOf(Gone);
    model.detach(true);
    await failed;
    await expect(runner.run('x', () => undefined)).rejects.toBeInstanceOf(Gone);
  });

  it('is stopped by the widget manager’s kernel, or else by the server', async () => {
    const kernel = { id: 'k2', status: 'busy', interrupt: vi.fn(() => Promise.resolve()) };
    await stage({ kernel }).runner.stop();
    expect(kernel.interrupt).toHaveBeenCalledOnce();
    const { runner, interrupt } = stage();
    await runner.stop();
    expect(interrupt).toHaveBeenCalledWith('k1');
  });
});

describe('an output message', () => {
  it('may be data, or a wish to clear, or nothing that we know', () => {
    expect(piece({ type: 'output', data: { 'text/plain': '1' } })).toEqual({ kind: 'data', data: { 'text/plain': '1' } });
    expect(piece({ type: 'output', clear: true })).toEqual({ kind: 'clear' });
    expect(piece({ type: 'output', stream: 'other' })).toBeNull();
  });
});
