// Learners' programs in a kernel, over a websocket of the learner's server (proboost_lab.programs): when their turn comes, what they say, what they ask.
import { shared, uuid } from '../shared/dom';
import { baseUrl } from '../shared/page';
import { Refusal, Server } from '../shared/server';
import type { Stop } from './stop';

export type Piece =
  | { kind: 'stream'; name: 'stdout' | 'stderr'; text: string }
  | { kind: 'error'; name: string; value: string; traceback: string; explanation: string }
  | { kind: 'data'; data: Record<string, unknown> }
  | { kind: 'clear' };

/** The kernel is away, or a new one that knows nothing of this page: only a reload helps. */
export class Gone extends Error {}

/** The connection broke off while a program ran, or there was none. */
export class Broken extends Error {}

/** The program was stopped before it had begun. */
export class Stopped extends Error {}

export interface Program {
  code: string;
  setup: string;
  /** The lesson's cell whose exercise it belongs to: the cells above it run first. Empty where there is no lesson that runs. */
  cell: string;
}

export interface Hearing {
  piece(piece: Piece): void;
  /** It waits for the lesson's cells above it, or for another program; it runs. */
  state(state: 'waiting' | 'running'): void;
  /** What its user types. */
  ask(prompt: string, secret: boolean): Promise<string>;
}

interface Message {
  channel?: string;
  type?: string;
  id?: string;
  cell?: string | null;
  header?: { msg_type?: string };
  parent_header?: { msg_id?: string };
  content?: Record<string, unknown>;
}

interface Run {
  id: string;
  program: Program;
  hearing: Hearing;
  stop: Stop;
  begun: boolean;
  replied: boolean;
  idle: boolean;
  silence: ReturnType<typeof setTimeout> | undefined;
  end(error?: Error): void;
}

interface Happenings {
  cell: string | null;
  gone: undefined;
}

const MIME = 'application/vnd.proboost.program+json';
export const HEARD = 4000; // milliseconds after which silence means something
const AGAIN = [1000, 2000, 5000, 10_000, 30_000]; // milliseconds before each attempt to connect again, the last for ever
const LOST = ['restarting', 'autorestarting', 'dead'];
const session = uuid();

const text = (value: unknown) => (typeof value === 'string' ? value : '');

/** One thing that a program said (proboost_kernel.widgets.running). */
export function piece(said: Record<string, unknown>): Piece | null {
  const { stream, error, data, clear } = said;
  if (clear === true) return { kind: 'clear' };
  if (stream === 'stdout' || stream === 'stderr') return { kind: 'stream', name: stream, text: text(said.text) };
  if (typeof error === 'object' && error !== null) {
    const { name, message: value, traceback, explanation } = error as Record<string, unknown>;
    return { kind: 'error', name: text(name), value: text(value), traceback: text(traceback), explanation: text(explanation) };
  }
  if (typeof data === 'object' && data !== null) return { kind: 'data', data: data as Record<string, unknown> };
  return null;
}

/** Python that runs the program where nothing of ours is left behind: `PROGRAM` of proboost_kernel.widgets.running. */
export function request({ code, setup }: Pick<Program, 'code' | 'setup'>): string {
  const literal = JSON.stringify(JSON.stringify({ code, setup })).replace(/[\u007f-\uffff]/g, char => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return `__import__("proboost_kernel.widgets.running").widgets.running.program(${literal});`;
}

export class Programs {
  #socket: Promise<WebSocket> | null = null;
  #runs = new Map<string, Run>();
  #listeners: { [K in keyof Happenings]: Set<(value: Happenings[K]) => void> } = { cell: new Set(), gone: new Set() };
  #cell: string | null = null;
  #kept = false;
  #attempts = 0;

  constructor(
    private readonly kernel: string,
    private readonly server: Pick<Server, 'base' | 'kernelState'>,
    private readonly connect: (url: string) => WebSocket = url => new WebSocket(url),
  ) {}

  /** The lesson's cell that runs now. */
  get cell(): string | null {
    return this.#cell;
  }

  on<K extends keyof Happenings>(event: K, listener: (value: Happenings[K]) => void): () => void {
    this.#listeners[event].add(listener);
    return () => this.#listeners[event].delete(listener);
  }

  #emit<K extends keyof Happenings>(event: K, value: Happenings[K]): void {
    for (const listener of [...this.#listeners[event]]) listener(value);
  }

  /** Connects before there is anything to run, and again whenever the connection has broken off and the kernel is there. */
  prepare(): void {
    this.#kept = true;
    this.#open().catch(() => undefined);
  }

  /**
   * Runs it; resolves when it has ended, also by an error of its own or because `stop` says so. Rejects with Gone, Broken or Stopped; with Gone
   * also when `gone` says that its kernel is not there any more: then nothing is stopped in that kernel's place.
   */
  async run(program: Program, hearing: Hearing, stop: Stop, gone?: AbortSignal): Promise<void> {
    const socket = await this.#open();
    if (gone?.aborted) throw new Gone();
    if (stop.pressed) throw new Stopped();
    await new Promise<void>((resolve, reject) => {
      const unstop = stop.on(() => this.#say({ type: 'stop', id: run.id }));
      const drop = () => {
        this.#say({ type: 'forget', id: run.id });
        run.end(new Gone());
      };
      const run: Run = {
        ...{ id: uuid(), program, hearing, stop, begun: false, replied: false, idle: false, silence: undefined },
        end: error => {
          clearTimeout(run.silence);
          this.#runs.delete(run.id);
          unstop();
          gone?.removeEventListener('abort', drop);
          if (error) reject(error);
          else resolve();
        },
      };
      gone?.addEventListener('abort', drop);
      this.#send(socket, run);
    });
  }

  /** Interrupts the lesson's cell, if it is the one that runs. */
  stopCell(cell: string): void {
    this.#say({ type: 'stop', cell });
  }

  #say(said: object): void {
    void this.#socket?.then(
      socket => socket.send(JSON.stringify({ channel: 'proboost', ...said })),
      () => undefined, // there is none any more, nor what was meant
    );
  }

  #send(socket: WebSocket, run: Run): void {
    this.#runs.set(run.id, run);
    const content = { code: request(run.program), silent: true, store_history: false, user_expressions: {}, allow_stdin: true, stop_on_error: false };
    this.#write(socket, 'shell', 'execute_request', run.id, content, {}, { proboost: { cell: run.program.cell } });
  }

  #write(socket: WebSocket, channel: string, type: string, id: string, content: object, parent: object, metadata: object = {}): void {
    const header = { msg_id: id, msg_type: type, username: '', session, date: new Date().toISOString(), version: '5.3' };
    socket.send(JSON.stringify({ channel, header, parent_header: parent, metadata, content, buffers: [] }));
  }

  #open(): Promise<WebSocket> {
    this.#socket ??= new Promise((resolve, reject) => {
      const address = `${location.origin.replace(/^http/, 'ws')}${this.server.base}proboost/kernels/${this.kernel}/programs?session_id=${uuid()}`;
      const socket = this.connect(address);
      socket.onopen = () => {
        this.#attempts = 0;
        resolve(socket);
      };
      socket.onmessage = ({ data }: MessageEvent<unknown>) => typeof data === 'string' && this.#hear(socket, JSON.parse(data) as Message);
      socket.onclose = () => {
        this.#socket = null;
        this.#set(null);
        const error = new Broken();
        for (const run of [...this.#runs.values()]) run.end(error);
        void this.#state().then(state => {
          reject(state ? error : new Gone());
          if (state && this.#kept) setTimeout(() => this.prepare(), AGAIN[Math.min(this.#attempts++, AGAIN.length - 1)]);
        });
      };
    });
    return this.#socket;
  }

  /** The kernel's state by the server; empty when it has none of that name. */
  async #state(): Promise<string> {
    return this.server.kernelState(this.kernel).catch((error: unknown) => (error instanceof Refusal ? '' : 'busy'));
  }

  #set(cell: string | null): void {
    if (cell === this.#cell) return;
    this.#cell = cell;
    this.#emit('cell', cell);
  }

  #hear(socket: WebSocket, message: Message): void {
    const { channel, type, content = {} } = message;
    const run = this.#runs.get(message.id ?? message.parent_header?.msg_id ?? '');
    if (channel === 'proboost') {
      if (type === 'cell') this.#set(message.cell ?? null);
      if (run) this.#turn(run, type);
      return;
    }
    const kind = message.header?.msg_type;
    if (kind === 'status' && LOST.includes(text(content.execution_state))) return this.#lost();
    if (!run) return;
    if (kind === 'execute_reply') return this.#replied(socket, run, text(content.status));
    if (kind === 'input_request') return this.#asked(socket, run, message, text(content.prompt), content.password === true);
    if (kind === 'status') return this.#status(run, text(content.execution_state));
    const found = said(kind, content);
    if (found) run.hearing.piece(found);
  }

  #turn(run: Run, type: string | undefined): void {
    if (type === 'waiting') run.hearing.state('waiting');
    if (type === 'forgotten') run.end(new Stopped());
    if (type === 'sent') this.#listen(run);
  }

  /** A kernel that does not begin may be busy with something else; an idle one has lost us. */
  #listen(run: Run): void {
    run.silence = setTimeout(() => {
      run.hearing.state('waiting');
      void this.#state().then(state => {
        if (run.begun || !this.#runs.has(run.id)) return;
        if (state === 'busy' || state === 'starting') this.#listen(run);
        else run.end(new Gone());
      });
    }, HEARD);
  }

  #status(run: Run, state: string): void {
    if (state === 'busy' && !run.begun) {
      run.begun = true;
      clearTimeout(run.silence);
      run.hearing.state('running');
    }
    run.idle ||= state === 'idle';
    if (!run.idle) return;
    if (run.replied) return run.end();
    clearTimeout(run.silence);
    run.silence = setTimeout(() => run.end(), HEARD); // an interrupt at the very end takes the reply away
  }

  #replied(socket: WebSocket, run: Run, status: string): void {
    clearTimeout(run.silence);
    if (status === 'aborted') {
      // Another program ended by an error, and the kernel threw away what waited behind it: ours is not to blame.
      if (run.stop.pressed) return run.end(new Stopped());
      this.#runs.delete(run.id);
      run.id = uuid();
      run.begun = run.idle = false;
      return this.#send(socket, run);
    }
    run.replied = true;
    if (run.idle) run.end();
  }

  #asked(socket: WebSocket, run: Run, message: Message, prompt: string, secret: boolean): void {
    void run.hearing.ask(prompt, secret).then(value => this.#write(socket, 'stdin', 'input_reply', uuid(), { value, status: 'ok' }, message.header ?? {}));
  }

  #lost(): void {
    this.#set(null);
    for (const run of [...this.#runs.values()]) run.end(new Gone());
    this.#emit('gone', undefined);
  }
}

/** What a message of the kernel's shows. Our programs speak in one form; the others come from outside of them. */
function said(kind: string | undefined, content: Record<string, unknown>): Piece | null {
  if (kind === 'display_data') {
    const found = (content.data as Record<string, unknown> | undefined)?.[MIME];
    return typeof found === 'object' && found !== null ? piece(found as Record<string, unknown>) : null;
  }
  if (kind === 'stream') return piece({ stream: content.name, text: content.text });
  if (kind === 'error') return { kind: 'error', name: text(content.ename), value: text(content.evalue), traceback: '', explanation: '' };
  return null;
}

/** The page's one way to that kernel. */
export function programs(kernel: string): Programs {
  return shared(`programs:${kernel}`, () => new Programs(kernel, new Server(baseUrl())));
}
