// What an exercise needs from outside: a judge, a place for drafts, what is known already. The learner's server, or the author's kernel.
import type { Answer, ExerciseState, LessonState, Saved, Verdict } from '../shared/api';
import { shared, uuid } from '../shared/dom';
import { events, type Events } from '../shared/events';
import { t } from '../shared/i18n';
import { baseUrl, broughtState, lessonPage } from '../shared/page';
import { type Place, place, Refusal, Server } from '../shared/server';
import type { Judge } from './checker';
import type { Model } from './model';
import type { Host } from './kinds/kind';
import { Gone } from './programs';
import { Runner } from './runner';

/** What the server knows of one exercise; `closed` says why the lesson takes no answers. */
export interface Known extends ExerciseState {
  closed: string | null;
}

export interface Desk {
  judge: Judge;
  runner: Pick<Runner, 'run'>;
  surface: 'voila' | 'lab';
  events: Events | null;
  /** Null where nothing is kept. Rejects like the server's calls. */
  known(): Promise<Known | null>;
  saveDraft: ((response: Answer, base: number, leaving: boolean) => Promise<Saved>) | null;
  openHints: (opened: number) => Promise<unknown>;
  upload: Host['upload'];
}

const FRESH = 3000; // milliseconds for which one lesson's state serves all its exercises

interface Memory {
  at: number;
  state: Promise<LessonState>;
}

/** The state of a lesson: what came with the page the first time, then asked for once for all exercises that want it together. */
export function lessonState(server: Server, { course, lesson }: Place): Promise<LessonState> {
  const memory = shared('states', () => new Map<string, Memory>());
  const key = `${server.base}${course}/${lesson}`;
  const kept = memory.get(key);
  if (kept && performance.now() - kept.at < FRESH) return kept.state;
  const page = lessonPage();
  const given = !kept && page?.course === course && page.lesson === lesson ? broughtState(page) : Promise.resolve(null);
  const state = given.then(found => found ?? server.state(course, lesson));
  memory.set(key, { at: performance.now(), state });
  state.catch(() => memory.delete(key));
  return state;
}

/** The learner's: answers are kept and judged by way of their own server. */
export function learnersDesk(model: Model, where: Place): Desk {
  const base = baseUrl();
  const server = new Server(base);
  return {
    judge: server,
    runner: new Runner(model),
    surface: lessonPage() ? 'voila' : 'lab',
    events: events(base),
    known: async () => {
      const { closed, exercises } = await lessonState(server, where);
      return { ...exercises[where.exercise], closed: closed ?? null };
    },
    saveDraft: (response, revision, leaving) => server.saveDraft(where, response, revision, leaving),
    openHints: opened => server.openHints(where, opened),
    upload: (file, progress, stop) => server.upload(model.get('ref'), file, progress, stop),
  };
}

/** The author's: the kernel has the key and judges; nothing is kept. */
export function authorsDesk(model: Model): Desk {
  const runner = new Runner(model);
  const gone = () => new Refusal(0, 'gone', t('Run this cell again to check the answer.'));
  return {
    judge: {
      check: async ({ response }) => {
        const said = await runner.ask({ type: 'check', response }, 'verdict').catch((error: unknown) => {
          throw error instanceof Gone ? gone() : error;
        });
        return said.verdict as Verdict;
      },
      attempt: () => Promise.reject(gone()),
    },
    runner,
    surface: 'lab',
    events: null,
    known: () => Promise.resolve(null),
    saveDraft: null,
    openHints: () => Promise.resolve(),
    upload: ({ name, size }) => Promise.resolve({ id: uuid(), name, size, here: false }), // a preview: nobody is to have it
  };
}

export function desk(model: Model): Desk {
  const where = place(model.get('ref'));
  return where && model.get('mode') === 'learn' ? learnersDesk(model, where) : authorsDesk(model);
}
