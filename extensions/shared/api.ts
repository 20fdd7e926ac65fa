// What the learner's own server says and takes, under `<base>proboost/`: the platform's API (generated: make types) with the spool on top.
import type { components } from './api.gen';

type Schemas = components['schemas'];

/** A learner's answer to one exercise; every kind has its own fields. */
export type Answer = Record<string, unknown>;

export type TestResult = Pick<Schemas['TestResult'], 'name' | 'passed'> & Partial<Schemas['TestResult']>;

/** `saved`: the answer lies in the spool of the learner's server. Only the state is always there: the author's kernel gives verdicts too. */
export type Verdict = Partial<Omit<Schemas['Verdict'], 'state' | 'tests'>> & {
  state: Schemas['Verdict']['state'] | 'saved';
  tests?: TestResult[];
};

export type Attempt = Omit<Schemas['NewAttempt'], 'made_at'> & { made_at: string };

/** `here`: the draft lies in the spool; its `revision` is null when the platform has none at all. */
export type Draft = Omit<Schemas['Draft'], 'revision'> & { revision: number | null; where?: 'here' };

export type Saved = Omit<Schemas['SavedDraft'], 'revision'> & { revision: number | null; where?: 'platform' | 'here' };

export type ExerciseState = Partial<Omit<Schemas['ExerciseState'], 'draft' | 'verdict'>> & { draft?: Draft | null; verdict?: Verdict | null };

export type LessonState = Pick<Schemas['LessonState'], 'course' | 'lesson' | 'closed'> & { exercises: Record<string, ExerciseState> };

export type Progress = Schemas['Progress'];
export type CourseProgress = Schemas['CourseProgress'];
export type LessonProgress = Schemas['LessonProgress'];
export type ExerciseProgress = Schemas['ExerciseProgress'];

export type Me = Schemas['Me'];
export type Support = Schemas['Support'];

export type NewTicket = Omit<Schemas['NewTicket'], 'attached'> & { attached: Schemas['Attached'] };
export type TicketKind = NewTicket['kind'];
export type Ticket = Schemas['Request'];

/** Of a request that waits here for the platform there is only the state `saved`. */
export type TicketReceipt = Partial<Omit<Schemas['Receipt'], 'state'>> & { state: Schemas['Receipt']['state'] | 'saved' };

export type HandedIn = Schemas['HandedIn'];

/** What is said before a lesson is handed in; the learner's server adds its files and whether the notebook is there. */
export type Outlook = Schemas['Outlook'] & { notebook: boolean; files: { path: string; size: number }[] };

export interface HandIn {
  id: string;
  surface: NonNullable<Schemas['NewSubmission']['surface']>;
  files: string[];
}

/** A receipt; or the work is kept on the learner's server until the platform is back. */
export type HandInReply = HandedIn | { state: 'saved'; message: string };
