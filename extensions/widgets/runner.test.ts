import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Live, type Message, Model } from './model';
import { Gone, type Hearing, type Program, Stopped } from './programs';
import { Runner } from './runner';
import { Stop } from './stop';

const spec = { kind: 'code', title: 'T', points: 1, prompt_html: '', setup: 'base = 10' };
const deaf: Hearing = { piece: () => undefined, state: () => undefined, ask: () => Promise.resolve('') };
const never = () => new Stop();

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
  const ran: [string, Program][] = [];
  const runner = new Runner(model, kernel => ({ run: program => Promise.resolve(void ran.push([kernel, program])) }));
  return { model, live, runner, sent, ran, say: (message: Omit<Message, 'n'> & { type: string }) => hear({ ...message, n: sent.at(-1)?.n ?? '' }) };
}

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

describe('a run', () => {
  it('goes to the widget’s kernel with the exercise’s set-up, once the widget lives', async () => {
    const { runner, model, live, ran } = stage({ kernel: { id: 'k2', status: 'idle' } });
    const states: string[] = [];
    const done = runner.run('print(1)', { ...deaf, state: state => void states.push(state) }, never());
    await vi.advanceTimersByTimeAsync(10);
    expect([ran, states]).toEqual([[], ['waiting']]);
    model.attach(live);
    await done;
    expect(ran).toEqual([['k2', { code: 'print(1)', setup: 'base = 10', cell: '' }]]);
  });

  it('is stopped while it waits for its kernel', async () => {
    const { runner } = stage();
    const stop = never();
    const failed = expect(runner.run('x', deaf, stop)).rejects.toBeInstanceOf(Stopped);
    stop.press();
    await failed;
  });

  it('hears that its kernel is away, restarted by hand or not', async () => {
    const { model, live } = stage({ kernel: { id: 'k', status: 'idle' } });
    const runner = new Runner(model, () => ({ run: (_program, _hearing, _stop, gone) => new Promise((_resolve, reject) => gone?.addEventListener('abort', () => reject(new Gone()))) }));
    model.attach(live);
    const ending = expect(runner.run('x', deaf, never())).rejects.toBeInstanceOf(Gone);
    await vi.advanceTimersByTimeAsync(0);
    model.detach(true, live);
    await ending;
  });

  it('ends as gone when the kernel’s model went', async () => {
    const { runner, model } = stage();
    model.detach(true);
    await expect(runner.run('x', deaf, never())).rejects.toBeInstanceOf(Gone);
  });
});

describe('a question to the author’s kernel', () => {
  const asked = () => {
    const stand = stage({ kernel: { id: 'k', status: 'idle' } });
    stand.model.attach(stand.live);
    return { ...stand, answer: stand.runner.ask({ type: 'check', response: {} }, 'verdict') };
  };

  it('is answered by its own last message', async () => {
    const { say, answer } = asked();
    say({ type: 'heard' });
    say({ type: 'verdict', verdict: 1 });
    await expect(answer).resolves.toMatchObject({ verdict: 1 });
  });

  it('ends as gone when the kernel is idle and silent, or its model goes', async () => {
    const failed = expect(asked().answer).rejects.toBeInstanceOf(Gone);
    await vi.advanceTimersByTimeAsync(4100);
    await failed;
    const { model, answer } = asked();
    model.detach(true);
    await expect(answer).rejects.toBeInstanceOf(Gone);
  });
});
