// Calls to the learner's own server; tells "nobody answers" (try again, same id) from "no" (a sentence for the learner).
import type { Answer, Attempt, HandIn, HandInReply, LessonState, Me, NewTicket, Outlook, Progress, Saved, Ticket, TicketReceipt, Verdict } from './api';
import { uuid } from './dom';
import { t } from './i18n';

/** The server could not be reached: what was sent may or may not have arrived; the same call can be repeated. */
export class Away extends Error {}

/** The server understood and said no; `message` is a sentence in the learner's language. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

const AWAY = new Set([408, 425, 502, 503, 504]);

export function cookie(name: string): string {
  const found = document.cookie.split('; ').find(pair => pair.startsWith(`${name}=`));
  return found ? decodeURIComponent(found.slice(name.length + 1)) : '';
}

const path = (...parts: string[]) => parts.map(encodeURIComponent).join('/');

async function refusal(response: Response): Promise<Refusal> {
  const said = (await response.json().catch(() => ({}))) as { code?: unknown; message?: unknown };
  const code = typeof said.code === 'string' ? said.code : String(response.status);
  if (response.status === 401 || (response.status === 403 && code === '403')) {
    return new Refusal(response.status, 'log-in', t('You have been logged out. Reload the page to log in; what you wrote is still here.'));
  }
  const message = typeof said.message === 'string' && said.message ? said.message : t('The answer could not be taken. Reload the page and try again.');
  return new Refusal(response.status, code, message);
}

/** `base` is the learner's server, `/user/lea/`. Every method throws Away or Refusal, nothing else. */
export class Server {
  constructor(readonly base: string) {}

  async #ask<T>(method: string, where: string, body?: unknown, keepalive = false): Promise<T> {
    let response: Response;
    try {
      response = await fetch(`${this.base}${where}`, {
        method,
        headers: { Accept: 'application/json', 'X-XSRFToken': cookie('_xsrf'), ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) },
        credentials: 'same-origin',
        keepalive,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    } catch {
      throw new Away(t('No connection.'));
    }
    if (AWAY.has(response.status)) throw new Away(t('No connection.'));
    if (!response.ok) throw await refusal(response);
    if (response.status === 204) return undefined as T;
    try {
      return (await response.json()) as T;
    } catch {
      throw new Away(t('No connection.')); // the connection broke off, or somebody else's page came instead
    }
  }

  state = (course: string, lesson: string) => this.#ask<LessonState>('GET', `proboost/lessons/${path(course, lesson)}/state`);
  check = (attempt: Attempt) => this.#ask<Verdict>('POST', 'proboost/attempts', attempt);
  attempt = (id: string) => this.#ask<Verdict>('GET', `proboost/attempts/${path(id)}`);
  progress = () => this.#ask<Progress>('GET', 'proboost/progress');
  me = () => this.#ask<Me>('GET', 'proboost/me');
  /** `open`: paths of notebooks that are open; what is new in them waits. */
  pull = (course: string, open: string[] = []) => this.#ask<unknown>('POST', `proboost/courses/${path(course)}/pull`, { open });
  /** Whether a version of the lesson is here that the learner's open copy was not changed to. */
  waits = async (course: string, lesson: string) => (await this.#ask<{ waiting: boolean }>('GET', `proboost/lessons/${path(course, lesson)}/update`)).waiting;
  /** Changes the learner's copy to the new version, or back to the author's; `kept` is where it lies as it was. */
  exchange = (course: string, lesson: string, how: 'restore' | 'update') => this.#ask<{ file: string; kept?: string | null }>('POST', `proboost/lessons/${path(course, lesson)}/${how}`, {});
  setLanguage = (language: string) => this.#ask<unknown>('PUT', 'proboost/me', { language });
  send = (ticket: NewTicket) => this.#ask<TicketReceipt>('POST', 'proboost/tickets', ticket);
  tickets = async () => (await this.#ask<{ tickets: Ticket[] }>('GET', 'proboost/tickets')).tickets;
  reply = (number: number, id: string, text: string) => this.#ask<unknown>('POST', `proboost/tickets/${number}/messages`, { id, text });
  kernelState = async (id: string) => (await this.#ask<{ execution_state?: string }>('GET', `api/kernels/${path(id)}`)).execution_state ?? '';
  outlook = (course: string, lesson: string) => this.#ask<Outlook>('GET', `proboost/lessons/${path(course, lesson)}/hand-in`);
  handIn = (course: string, lesson: string, what: HandIn) => this.#ask<HandInReply>('POST', `proboost/lessons/${path(course, lesson)}/hand-in`, what);

  /** Brings a file for the exercise of `ref`. The same file again is the file that is there. */
  upload(ref: string, file: File, progress: (share: number) => void, stop: AbortSignal): Promise<Brought> {
    const id = uuid();
    const query = new URLSearchParams({ exercise: ref, name: file.name, id });
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest(); // fetch does not say how much of a body has left
      const away = () => reject(new Away(t('No connection.')));
      request.open('POST', `${this.base}proboost/uploads?${query.toString()}`);
      request.setRequestHeader('Accept', 'application/json');
      request.setRequestHeader('X-XSRFToken', cookie('_xsrf'));
      request.setRequestHeader('Content-Type', 'application/octet-stream');
      request.upload.onprogress = ({ loaded, total }) => progress(total > 0 ? loaded / total : 0);
      request.onerror = request.ontimeout = away;
      request.onabort = () => reject(new DOMException('stopped', 'AbortError'));
      request.onload = () => {
        if (AWAY.has(request.status)) return away();
        const response = new Response(request.responseText, { status: Math.max(request.status, 200) });
        if (!response.ok) return void refusal(response).then(reject);
        response.json().then((said: Partial<Brought> & { state?: string }) => resolve({ id: said.id ?? id, name: said.name ?? file.name, size: said.size ?? file.size, here: said.state === 'saved' }), away);
      };
      stop.addEventListener('abort', () => request.abort());
      request.send(file);
    });
  }

  saveDraft(place: Place, response: Answer, base: number, keepalive = false): Promise<Saved> {
    return this.#ask<Saved>('PUT', `proboost/drafts/${path(place.course, place.lesson, place.exercise)}`, { response, base }, keepalive);
  }

  openHints(place: Place, opened: number): Promise<unknown> {
    return this.#ask<unknown>('PUT', `proboost/hints/${path(place.course, place.lesson, place.exercise)}`, { opened });
  }
}

/** A file that was brought; `here` while it lies on the learner's own server. */
export interface Brought {
  id: string;
  name: string;
  size: number;
  here: boolean;
}

/** An exercise's address: `course/lesson#exercise`, also written with a release as `course/lesson@3#exercise`. */
export interface Place {
  course: string;
  lesson: string;
  exercise: string;
}

export function place(ref: string): Place | null {
  const found = /^([^/#@]+)\/([^/#@]+)(?:@\d+)?#(.+)$/.exec(ref);
  return found ? { course: found[1] ?? '', lesson: found[2] ?? '', exercise: found[3] ?? '' } : null;
}
