// News from the learner's server over one websocket a page: verdicts, progress, answers to requests, the platform's absence.
import type { Verdict } from './api';
import { shared } from './dom';

export type News =
  | { type: 'verdict'; verdict: Verdict }
  | { type: 'platform'; up: boolean; first?: boolean } // each connection begins with it; `first`: nothing was missed before it
  | { type: 'progress' }
  | { type: 'ticket' }
  | { type: 'submission' } // a lesson that was handed in has arrived, or was refused
  | { type: 'update'; course: string; lesson: string } // a new version of a lesson that is open, not brought in yet
  | { type: 'open' }; // the socket is (again) there: ask for what may have been missed

const FIRST_PAUSE = 1000;
const LONGEST_PAUSE = 20_000;

/** Connects when the first listener comes, and again after each break; listeners never see an error. */
export class Events {
  #listeners = new Set<(news: News) => void>();
  #socket: WebSocket | null = null;
  #pause = FIRST_PAUSE;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #greeted = false;

  constructor(
    private readonly url: string,
    private readonly connect: (url: string) => WebSocket = url => new WebSocket(url),
  ) {}

  /** Returns the way to stop listening. */
  listen(listener: (news: News) => void): () => void {
    this.#listeners.add(listener);
    if (!this.#socket && !this.#timer) this.#open();
    return () => this.#listeners.delete(listener);
  }

  /** Also for news that this page made itself, such as a verdict that came with the answer to Check. */
  tell(news: News): void {
    for (const listener of [...this.#listeners]) listener(news);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#listeners.clear();
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  #open(): void {
    this.#timer = undefined;
    let socket: WebSocket;
    try {
      socket = this.connect(this.url);
    } catch {
      return this.#again();
    }
    this.#socket = socket;
    socket.onopen = () => {
      this.#pause = FIRST_PAUSE;
      this.tell({ type: 'open' });
    };
    socket.onmessage = event => {
      const news = parsed(event.data);
      if (!news) return;
      this.tell(news.type === 'platform' ? { ...news, first: !this.#greeted } : news);
      this.#greeted ||= news.type === 'platform';
    };
    socket.onclose = () => {
      if (this.#socket !== socket) return;
      this.#socket = null;
      this.#again();
    };
  }

  #again(): void {
    if (this.#listeners.size === 0) return;
    this.#timer = setTimeout(() => this.#open(), this.#pause * (0.75 + Math.random() / 2));
    this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE);
  }
}

function parsed(data: unknown): News | null {
  try {
    const value: unknown = JSON.parse(String(data));
    return typeof value === 'object' && value !== null && 'type' in value ? (value as News) : null;
  } catch {
    return null;
  }
}

/** The page's one stream of news from the server at `base`. */
export function events(base: string): Events {
  return shared(`events:${base}`, () => new Events(`${location.origin.replace(/^http/, 'ws')}${base}proboost/events`));
}
