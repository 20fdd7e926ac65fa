import { describe, expect, it, vi } from 'vitest';
import { type Live, Model, type Spec, traits } from './model';

const spec: Spec = { kind: 'code', title: 'T', points: 1, prompt_html: '' };

/** The kernel's side, as anywidget shows it. */
class Kernel implements Live {
  sent: unknown[] = [];
  saves = 0;
  #listeners = new Map<string, Set<(...args: never[]) => void>>();
  constructor(readonly state: Record<string, unknown>) {}
  get(name: string): unknown {
    return this.state[name];
  }
  set(name: string, value: unknown): void {
    this.state[name] = value;
  }
  save_changes(): void {
    this.saves++;
  }
  send(content: unknown): void {
    this.sent.push(content);
  }
  on(event: string, listener: (...args: never[]) => void): void {
    this.#listeners.set(event, (this.#listeners.get(event) ?? new Set()).add(listener));
  }
  off(event: string, listener: (...args: never[]) => void): void {
    this.#listeners.get(event)?.delete(listener);
  }
  say(message: unknown): void {
    for (const listener of this.#listeners.get('msg:custom') ?? []) (listener as (message: unknown) => void)(message);
  }
}

const page = () => new Model({ id: 'e', ref: 'c/l#e', hash: 'h1', spec, mode: 'learn', response: { code: 'typed' }, verdict: null });
const kernel = (more: Record<string, unknown> = {}) => new Kernel({ id: 'e', ref: 'c/l#e', hash: 'h1', spec, mode: 'learn', response: { code: 'starter' }, verdict: {}, ...more });

describe('adoption', () => {
  it('gives the kernel what the learner typed before it came', () => {
    const model = page();
    const live = kernel();
    const turned = vi.fn();
    model.on('live', turned);
    model.attach(live);
    expect(live.state.response).toEqual({ code: 'typed' });
    expect(live.saves).toBe(1);
    expect(model.get('response')).toEqual({ code: 'typed' });
    expect(turned).toHaveBeenCalledWith(true, false);
  });

  it('takes the author’s newer public part, and only then', () => {
    const model = page();
    const changed = vi.fn();
    model.on('spec', changed);
    model.attach(kernel());
    expect(changed).not.toHaveBeenCalled();
    model.attach(kernel({ hash: 'h2', spec: { ...spec, title: 'New' } }));
    expect(changed).toHaveBeenCalledOnce();
    expect([model.get('spec').title, model.get('hash')]).toEqual(['New', 'h2']);
  });

  it('writes through while the kernel is there, and hears it', () => {
    const model = page();
    const live = kernel();
    const heard = vi.fn();
    model.on('message', heard);
    model.attach(live);
    model.set('response', { code: 'more' });
    model.send({ type: 'run', n: '1' });
    live.say({ type: 'ran', n: '1' });
    expect(live.state.response).toEqual({ code: 'more' });
    expect(live.sent).toEqual([{ type: 'run', n: '1' }]);
    expect(heard).toHaveBeenCalledWith({ type: 'ran', n: '1' });
  });

  it('keeps the answer when the kernel goes, and hears it no more', () => {
    const model = page();
    const live = kernel();
    const heard = vi.fn();
    model.on('message', heard);
    model.attach(live);
    model.detach(true);
    model.set('response', { code: 'alone' });
    live.say({ type: 'ran' });
    expect([model.live, model.gone, heard.mock.calls.length]).toEqual([null, true, 0]);
    expect(live.state.response).toEqual({ code: 'typed' });
    expect(() => model.send({ type: 'run' })).toThrow();
  });

  it('lets go of a model that was replaced without losing the present one', () => {
    const model = page();
    const [old, now] = [kernel(), kernel()];
    model.attach(old);
    model.attach(now);
    model.detach(true, old);
    expect(model.live).toBe(now);
  });
});

describe('traits of a kernel’s model', () => {
  it('have values for what is missing', () => {
    expect(traits(new Kernel({ id: 'e', spec }))).toEqual({ id: 'e', ref: '', hash: '', spec, mode: 'learn', response: {}, verdict: null });
  });
});
