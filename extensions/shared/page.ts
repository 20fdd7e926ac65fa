// What the page says about itself: the lesson page's own data, or else JupyterLab's configuration.
import type { LessonState, Me, Progress } from './api';
import { shared } from './dom';

const PATIENCE = 2000; // milliseconds after which it is sooner to ask than to wait

export interface PageUrls {
  catalogue?: string;
  tickets?: string;
  logout?: string;
  lab?: string;
}

/** Script `#proboost-page` of the lesson page; absent in JupyterLab and Notebook. */
export interface LessonPage {
  course: string;
  lesson: string;
  base: string;
  lang?: string;
  urls?: PageUrls;
  me?: Me | null;
  progress?: Progress | null;
  state?: LessonState | null;
  /** Whether the state comes after the prose, in a script of its own. */
  state_follows?: boolean;
  versions?: Record<string, string>;
}

function json(id: string): Record<string, unknown> | null {
  const text = document.getElementById(id)?.textContent;
  if (!text) return null;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

/** The lesson page's data, or null elsewhere. Read once it has been parsed, then kept. */
export function lessonPage(): LessonPage | null {
  const kept = shared<{ page: LessonPage | null }>('page', () => ({ page: null }));
  return (kept.page ??= json('proboost-page') as unknown as LessonPage | null);
}

/** The state that is here by now, brought by the page; null when none is. */
export function stateHere(page: LessonPage | null): LessonState | null {
  return page?.state ?? (json('proboost-state') as LessonState | null);
}

/** The state that the page brings: with its data, or a moment later; null when it brings none. */
export async function broughtState(page: LessonPage): Promise<LessonState | null> {
  const waits = !page.state && page.state_follows && document.readyState === 'loading';
  if (waits && !document.getElementById('proboost-state')) {
    await new Promise<unknown>(resolve => {
      addEventListener('proboost:state', resolve, { once: true });
      addEventListener('DOMContentLoaded', resolve, { once: true });
      setTimeout(resolve, PATIENCE);
    });
  }
  return stateHere(page);
}

/** JupyterLab's, Notebook's and Voilà's page configuration. */
export function jupyterConfig(): Record<string, unknown> {
  return json('jupyter-config-data') ?? {};
}

/** The learner's server as a path that ends in a slash, like `/user/lea/`. */
export function baseUrl(): string {
  const { baseUrl } = jupyterConfig();
  const base = lessonPage()?.base ?? document.body.dataset.base ?? (typeof baseUrl === 'string' ? baseUrl : '/');
  return base.endsWith('/') ? base : `${base}/`;
}
