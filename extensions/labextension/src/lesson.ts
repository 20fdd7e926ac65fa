// Which lesson an open notebook is the learner's copy of.

export interface Lesson {
  course: string;
  lesson: string;
  title: string;
}

interface Open {
  readonly context: { readonly model: { getMetadata(key: string): unknown } };
}

const NAME = /^[a-z0-9][a-z0-9-]{0,63}$/;

/** Null for an author's source and everything else. */
export function lessonOf({ context }: Open): Lesson | null {
  const about = context.model.getMetadata('proboost');
  const { course, lesson, title } = (typeof about === 'object' && about !== null ? about : {}) as Record<string, unknown>;
  if (typeof course !== 'string' || typeof lesson !== 'string' || !NAME.test(course) || !NAME.test(lesson)) return null;
  return { course, lesson, title: typeof title === 'string' && title ? title : lesson };
}
