import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Refusal } from '../shared/server';
import { watchCells } from './bystanders';
import { Broken, Gone, type Hearing, type Piece, piece, Programs, request, Stopped } from './programs';
import { Stop } from './stop';

const PROGRAM = { code: 'print(1)', setup: 'a = 1', cell: 'c3' };
interface Sent {
  channel: string;
  header?: { msg_id: string; msg_type: string };
}

/** A socket whose other end the test is. */
function stage(kernelState: () => Promise<string> = () => Promise.resolve('idle'), opens = true) {
  const sent: Sent[] = [];
  const urls: string[] = [];
  const socket = { send: (text: string) => void sent.push(JSON.parse(text) as Sent), onopen: () => undefined, onclose: () => undefined, onmessage: ({ data }: { data: string }) => expect.fail(data) };
  const programs = new Programs('k1', { base: '/user/lea/', kernelState }, url => {
    urls.push(url);
    queueMicrotask(() => (opens ? socket.onopen() : socket.onclose()));
    return socket as unknown as WebSocket;
  });
  const say = (message: object) => socket.onmessage({ data: JSON.stringify(message) });
  const id = () => sent.filter(({ header }) => header?.msg_type === 'execute_request').at(-1)?.header?.msg_id ?? '';
  const iopub = (msg_type: string, content: object) => say({ channel: 'iopub', header: { msg_type }, parent_header: { msg_id: id() }, content });
  const status = (execution_state: string) => iopub('status', { execution_state });
  const reply = (how = 'ok') => say({ channel: 'shell', header: { msg_type: 'execute_reply' }, parent_header: { msg_id: id() }, content: { status: how } });
  const heard: (Piece | string)[] = [];
  const hearing: Hearing = { piece: found => void heard.push(found), state: state => void heard.push(state), ask: prompt => Promise.resolve(`${prompt}!`) };
  const stop = new Stop();
  const away = new AbortController();
  const run = async () => {
    const ending = programs.run(PROGRAM, hearing, stop, away.signal).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(0);
    return { ending };
  };
  return { programs, socket, sent, urls, say, id, iopub, status, reply, heard, stop, away, run };
}

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

describe('a program', () => {
  it('is sent with the cell that it belongs to, waits for its turn, and ends when the kernel says so twice', async () => {
    const { run, sent, say, id, iopub, status, reply, heard, urls } = stage();
    const { ending } = await run();
    expect(urls[0]).toMatch(/^ws.*\/user\/lea\/proboost\/kernels\/k1\/programs\?session_id=/);
    expect(sent[0]).toMatchObject({ channel: 'shell', metadata: { proboost: { cell: 'c3' } }, content: { allow_stdin: true, silent: true } });
    say({ channel: 'proboost', type: 'waiting', id: id() });
    say({ channel: 'proboost', type: 'sent', id: id() });
    status('busy');
    iopub('display_data', { data: { 'application/vnd.proboost.program+json': { stream: 'stdout', text: '1\n' } } });
    iopub('stream', { name: 'stderr', text: 'from a child' });
    reply();
    iopub('display_data', { data: { 'application/vnd.proboost.program+json': { stream: 'stdout', text: 'late' } } });
    status('idle');
    await expect(ending).resolves.toBeUndefined();
    expect(heard).toEqual(['waiting', 'running', { kind: 'stream', name: 'stdout', text: '1\n' }, { kind: 'stream', name: 'stderr', text: 'from a child' }, { kind: 'stream', name: 'stdout', text: 'late' }]);
  });

  it('ends also when an interrupt took its reply away', async () => {
    const { run, status } = stage();
    const { ending } = await run();
    status('busy');
    status('idle');
    await vi.advanceTimersByTimeAsync(4100);
    await expect(ending).resolves.toBeUndefined();
  });

  it('asks, and its user’s answer goes back to it', async () => {
    const { run, say, id, sent } = stage();
    await run();
    say({ channel: 'stdin', header: { msg_type: 'input_request', msg_id: 'q' }, parent_header: { msg_id: id() }, content: { prompt: 'Who? ', password: false } });
    await vi.advanceTimersByTimeAsync(0);
    expect(sent.at(-1)).toMatchObject({ channel: 'stdin', header: { msg_type: 'input_reply' }, content: { value: 'Who? !' }, parent_header: { msg_id: 'q' } });
  });

  it('is stopped by whoever knows whether it waits or runs', async () => {
    const { run, stop, sent, say, id } = stage();
    const { ending } = await run();
    stop.press();
    await vi.advanceTimersByTimeAsync(0);
    expect(sent.at(-1)).toMatchObject({ channel: 'proboost', type: 'stop', id: id() });
    say({ channel: 'proboost', type: 'forgotten', id: id() });
    await expect(ending).resolves.toBeInstanceOf(Stopped);
  });

  it('is told to stop at each press, for it may swallow the first', async () => {
    const { run, stop, sent, status } = stage();
    await run();
    status('busy');
    stop.press();
    stop.press();
    await vi.advanceTimersByTimeAsync(0);
    expect(sent.filter(({ channel }) => channel === 'proboost')).toHaveLength(2);
  });

  it('is not sent again when it was stopped before the kernel threw it away', async () => {
    const { run, stop, sent, reply } = stage();
    const { ending } = await run();
    stop.press();
    reply('aborted');
    await expect(ending).resolves.toBeInstanceOf(Stopped);
    expect(sent.filter(({ header }) => header?.msg_type === 'execute_request')).toHaveLength(1);
  });

  it('is dropped with its kernel: the server forgets it, and Stop means nothing any more', async () => {
    const { run, away, stop, sent, id, status } = stage();
    const { ending } = await run();
    status('busy');
    away.abort();
    await expect(ending).resolves.toBeInstanceOf(Gone);
    stop.press();
    await vi.advanceTimersByTimeAsync(0);
    expect(sent.filter(({ channel }) => channel === 'proboost')).toEqual([{ channel: 'proboost', type: 'forget', id: id() }]);
  });

  it('is sent again when the kernel threw it away for another one’s error', async () => {
    const { run, sent, reply, status } = stage();
    const { ending } = await run();
    status('busy');
    status('idle');
    reply('aborted');
    expect(sent.filter(({ header }) => header?.msg_type === 'execute_request')).toHaveLength(2);
    const ended = vi.fn();
    void ending.then(ended);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(ended).not.toHaveBeenCalled();
    status('busy');
    reply();
    status('idle');
    await expect(ending).resolves.toBeUndefined();
  });

  it('ends as gone with its kernel, and as broken with the connection', async () => {
    const first = stage();
    const gone = vi.fn();
    first.programs.on('gone', gone);
    const { ending } = await first.run();
    first.say({ channel: 'iopub', header: { msg_type: 'status' }, parent_header: {}, content: { execution_state: 'restarting' } });
    await expect(ending).resolves.toBeInstanceOf(Gone);
    expect(gone).toHaveBeenCalledOnce();
    const second = stage();
    const { ending: other } = await second.run();
    second.socket.onclose();
    await expect(other).resolves.toBeInstanceOf(Broken);
    const { ending: third } = await second.run(); // a new connection
    second.reply();
    second.status('idle');
    await expect(third).resolves.toBeUndefined();
  });

  it('waits as long as the kernel is busy with something else, and is gone when it is not', async () => {
    const states = ['busy', 'busy', 'idle'];
    const { run, say, id, heard } = stage(() => Promise.resolve(states.shift() ?? ''));
    const { ending } = await run();
    say({ channel: 'proboost', type: 'sent', id: id() });
    await vi.advanceTimersByTimeAsync(8500);
    expect(heard).toEqual(['waiting', 'waiting']);
    await vi.advanceTimersByTimeAsync(4500);
    await expect(ending).resolves.toBeInstanceOf(Gone);
  });

  it('cannot begin where there is no such kernel', async () => {
    const { programs, heard } = stage(() => Promise.reject(new Refusal(404, '404', '')), false);
    const hearing: Hearing = { piece: () => undefined, state: state => void heard.push(state), ask: () => Promise.resolve('') };
    const ending = programs.run(PROGRAM, hearing, new Stop()).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(0);
    await expect(ending).resolves.toBeInstanceOf(Gone);
  });
});

describe('a connection that was prepared', () => {
  it('is made again after a break, with pauses that grow, as long as there is the kernel', async () => {
    const states = ['idle', 'idle', ''];
    const { programs, urls, socket, say } = stage(() => Promise.resolve(states.shift() ?? ''));
    programs.prepare();
    await vi.advanceTimersByTimeAsync(0);
    say({ channel: 'proboost', type: 'cell', cell: 'c3' });
    socket.onclose();
    expect(programs.cell).toBeNull();
    await vi.advanceTimersByTimeAsync(900);
    expect(urls).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(200);
    expect(urls).toHaveLength(2);
    say({ channel: 'proboost', type: 'cell', cell: 'c3' });
    expect(programs.cell).toBe('c3');
    socket.onclose();
    await vi.advanceTimersByTimeAsync(1100);
    expect(urls).toHaveLength(3);
    socket.onclose();
    await vi.advanceTimersByTimeAsync(100_000);
    expect(urls).toHaveLength(3);
  });
});

describe('what is sent', () => {
  it('is one line of ASCII, whatever the program says', () => {
    const text = request({ code: 'print("приве́т\u2028\\n")\n', setup: '' });
    expect(text).toMatch(/^[\x20-\x7e]+$/);
    const literal = /program\((.*)\);$/.exec(text)?.[1] ?? '';
    expect(JSON.parse(JSON.parse(literal) as string)).toEqual({ code: 'print("приве́т\u2028\\n")\n', setup: '' });
  });

  it('comes back as pieces, or as nothing that we know', () => {
    expect(piece({ data: { 'text/plain': '1' } })).toEqual({ kind: 'data', data: { 'text/plain': '1' } });
    expect(piece({ clear: true })).toEqual({ kind: 'clear' });
    expect(piece({ error: { name: 'E', message: 'm', line: 1, traceback: 'line 1', explanation: 'why' } })).toEqual({ kind: 'error', name: 'E', value: 'm', traceback: 'line 1', explanation: 'why' });
    expect(piece({ stream: 'other' })).toBeNull();
  });
});

describe('a cell of the author’s that does not end', () => {
  it('is said to run long where it stands, can be stopped, and is forgotten when it ends', async () => {
    document.body.innerHTML = '<div id="slot-c3"></div>';
    const { programs, run, say, sent } = stage();
    watchCells(programs);
    await run();
    say({ channel: 'proboost', type: 'cell', cell: 'c3' });
    await vi.advanceTimersByTimeAsync(9000);
    expect(document.querySelector('.pb-slow')).toBeNull();
    await vi.advanceTimersByTimeAsync(1100);
    expect(document.querySelector('.pb-slow')?.nextElementSibling?.id).toBe('slot-c3');
    document.querySelector<HTMLButtonElement>('.pb-slow button')?.click();
    await vi.advanceTimersByTimeAsync(0);
    expect(sent.at(-1)).toMatchObject({ channel: 'proboost', type: 'stop', cell: 'c3' });
    say({ channel: 'proboost', type: 'cell', cell: null });
    expect(document.querySelector('.pb-slow')).toBeNull();
    document.body.replaceChildren();
  });
});
