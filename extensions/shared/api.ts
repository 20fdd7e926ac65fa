// What the learner's own server says and takes, under `<base>proboost/`: the platform's API, merged with the spool.

/** A learner's answer to one exercise; every kind has its own fields. */
export type Answer = Record<string, unknown>;

export type VerdictState = 'passed' | 'partial' | 'failed' | 'pending' | 'manual' | 'refused' | 'error' | 'saved';

export interface TestResult {
  name: string;
  passed: boolean;
  message?: string | null;
  hidden?: boolean;
  case?: { call: string; got: string; wanted: string } | null;
}

export interface Verdict {
  attempt?: string;
  exercise?: string;
  state: VerdictState;
  score?: number | null;
  points?: number | null;
  max_points?: number | null;
  tests?: TestResult[] | null;
  message?: string | null;
  message_html?: string | null;
  explanation?: string | null;
  attempts_left?: number | null;
  found_at?: string | null;
  isolated?: boolean | null;
}

export interface Attempt {
  id: string;
  ref: string;
  public_hash: string;
  response: Answer;
  surface: 'voila' | 'lab';
  made_at: string;
}

export interface Draft {
  response: Answer;
  revision: number | null;
  saved_at: string;
}

export interface Saved {
  revision: number | null;
  saved_at: string;
  where?: 'platform' | 'here';
}

export interface ExerciseState {
  draft?: Draft | null;
  older_draft?: Draft | null;
  verdict?: Verdict | null;
  attempts_left?: number | null;
  hints_open?: number;
  order?: string;
}

export interface LessonState {
  course: string;
  lesson: string;
  title?: string;
  release?: number | null;
  closed?: string | null;
  exercises: Record<string, ExerciseState>;
}

export interface ExerciseProgress {
  id: string;
  ref: string;
  title: string;
  kind: string;
  state: 'passed' | 'partial' | 'failed' | 'pending' | 'new' | 'manual';
  points: number;
  max_points: number;
}

export interface LessonProgress {
  id: string;
  title: string;
  file: string;
  open: boolean;
  why?: string | null;
  opens?: string | null;
  due?: string | null;
  state: 'done' | 'half' | 'new' | 'locked';
  points: number;
  max_points: number;
  exercises: ExerciseProgress[];
}

export interface CourseProgress {
  course: string;
  title: string;
  language?: string;
  points: number;
  max_points: number;
  next_lesson?: string | null;
  lessons: LessonProgress[];
}

export interface Progress {
  courses: CourseProgress[];
}

export interface Support {
  phone: string;
  email: string;
}

export interface Me {
  name: string;
  display_name: string;
  language: string;
  timezone?: string;
  staff?: boolean;
  support?: Support;
  urls?: Record<string, string>;
}

export type TicketKind = 'setup' | 'problem' | 'consultation' | 'proposal';

export interface NewTicket {
  id: string;
  kind: TicketKind;
  text: string;
  attached: Record<string, unknown>;
}

export interface TicketMessage {
  from: 'you' | 'support';
  name: string;
  text: string;
  at: string;
}

export interface Ticket {
  number?: number | null;
  kind: TicketKind;
  text: string;
  state: string;
  created_at: string;
  url?: string | null;
  messages: TicketMessage[];
}

/** The receipt of a request; without a number when it waits here for the platform. */
export interface TicketReceipt {
  number?: number | null;
  state?: string;
  created_at?: string;
  url?: string | null;
}
