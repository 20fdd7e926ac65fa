// Wires the panel into JupyterLab: where it stands, what opens on a click, what it hears, whom it asks.
import { type ILabShell as Shell, ILabShell, ILayoutRestorer, type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette, IThemeManager, Notification } from '@jupyterlab/apputils';
import { INotebookTracker } from '@jupyterlab/notebook';
import { LabIcon } from '@jupyterlab/ui-components';
import { Widget } from '@lumino/widgets';
import type { CourseProgress, ExerciseProgress, HandIn, LessonProgress, Me, Progress, Ticket } from '../../shared/api';
import { attention } from '../../shared/attention';
import { events } from '../../shared/events';
import { openHandIn, receiptsBeside } from '../../shared/handin';
import { type Attachment, openHelp } from '../../shared/help';
import { language, setLanguage, t } from '../../shared/i18n';
import { baseUrl } from '../../shared/page';
import { Server } from '../../shared/server';
import icon from '../style/icon.svg';
import { Copies } from './copies';
import { type Here, lessonAt, lessonPath } from './course';
import { lastError } from './errors';
import { bringToLife, reveal } from './exercises';
import { type Around, Panel } from './panel';
import { Steady } from './steady';

const HELP = 'proboost:help';
const REQUESTS = 'proboost:requests';
const SHOW = 'proboost:panel';
const HAND_IN = 'proboost:hand-in';
const RESTORE = 'proboost:restore-lesson';
const SEEN = 'proboost-panel-seen';

class Course implements Around {
  readonly #base = baseUrl();
  readonly #server = new Server(this.#base);
  readonly #panel: Panel;
  readonly widget: Widget;
  readonly copies: Copies | null;
  #me: Me | null = null;
  #tickets: Ticket[] = [];

  readonly #progress = new Steady(async () => this.#loadProgress());
  readonly #requests = new Steady(async () => this.#loadTickets());

  constructor(
    private readonly app: JupyterFrontEnd,
    private readonly shell: Shell | null,
    private readonly themes: IThemeManager | null,
    private readonly notebooks: INotebookTracker | null,
  ) {
    this.#panel = new Panel(this);
    this.copies = notebooks && new Copies(this.#server, app, notebooks);
    this.widget = new Widget({ node: this.#panel.node });
    this.widget.id = 'proboost-panel';
    this.widget.title.icon = new LabIcon({ name: 'proboost:course', svgstr: icon });
    this.#names();
    shell?.currentPathChanged.connect((_, { newValue }) => this.#panel.at(newValue));
    events(this.#base).listen(news => {
      if (news.type === 'platform') this.#panel.platform(news.up);
      if (news.type === 'update') return this.copies?.hear(news.course, news.lesson);
      if (news.type !== 'ticket') this.#progress.ask();
      if (news.type === 'ticket' || news.type === 'open') this.#requests.ask();
    });
    this.#progress.ask();
    void this.#loadMe();
  }

  #names(): void {
    this.widget.title.caption = t('Course: lessons, points, help');
    this.widget.title.label = '';
  }

  async #loadMe(): Promise<void> {
    this.#me = await this.#server.me().catch(() => null);
    if (this.#me?.language && this.#me.language !== language()) {
      setLanguage(this.#me.language);
      this.#names();
      this.#panel.translate(this.#tickets);
    }
  }

  async #loadProgress(): Promise<void> {
    try {
      const progress: Progress = await this.#server.progress();
      this.#panel.show(progress);
      if (this.shell) this.#panel.at(this.shell.currentPath ?? '');
    } catch (error) {
      this.#panel.failed(error instanceof Error ? error.message : '');
    }
  }

  async #loadTickets(): Promise<void> {
    const before = answers(this.#tickets);
    const known = this.#tickets.length > 0;
    this.#tickets = await this.#server.tickets().catch(() => this.#tickets);
    this.#panel.requests(this.#tickets);
    if (known && answers(this.#tickets) > before) {
      Notification.info(t('Support has answered your request.'), { autoClose: false, actions: [{ label: t('Read'), callback: () => this.help('mine') }] });
    }
  }

  retry(): void {
    this.#panel.waiting();
    this.#progress.ask();
  }

  restore(): void {
    const { copies } = this;
    if (copies?.current) void copies.restore(copies.current);
  }

  /** The lesson whose notebook is open now. */
  get here(): Here | null {
    return lessonAt(this.#panel.progress, this.shell?.currentPath ?? '');
  }

  handIn(course: CourseProgress, lesson: LessonProgress): void {
    const path = lessonPath(course, lesson);
    const receipts = receiptsBeside(this.#me?.urls.tickets);
    const desk = {
      look: () => this.#server.outlook(course.course, lesson.id),
      send: (what: HandIn) => this.#server.handIn(course.course, lesson.id, what),
      before: async () => {
        document.dispatchEvent(new CustomEvent('pb:flush'));
        await this.notebooks?.find(({ context }) => context.path === path)?.context.save();
      },
      surface: 'lab' as const,
      show: (id: string) => {
        const exercise = lesson.exercises.find(found => found.id === id);
        if (exercise) this.open(course, lesson, exercise);
      },
      ...(receipts ? { receipts } : {}),
    };
    void openHandIn(desk, this.#theme()).then(done => done && this.#progress.ask());
  }

  #theme(): 'light' | 'dark' {
    return this.themes?.theme && !this.themes.isLight(this.themes.theme) ? 'dark' : 'light';
  }

  lessonUrl(course: CourseProgress, lesson: LessonProgress): string {
    return `${this.#base}proboost/lesson/${course.course}/${lesson.id}`;
  }

  open(course: CourseProgress, lesson: LessonProgress, exercise?: ExerciseProgress): void {
    void this.#open(course, lesson, exercise);
  }

  /** The learner's working copy; one that is not here yet is fetched first. */
  async #open(course: CourseProgress, lesson: LessonProgress, exercise?: ExerciseProgress): Promise<void> {
    const path = lessonPath(course, lesson);
    const { contents } = this.app.serviceManager;
    const there = () => contents.get(path, { content: false }).then(() => true, () => false);
    if (!(await there())) {
      try {
        await this.#server.pull(course.course);
      } catch (error) {
        return void Notification.error(error instanceof Error ? error.message : t('The lesson could not be fetched.'));
      }
    }
    if (!(await there())) return void Notification.error(t('This lesson is not here yet. Reload the page in a minute, or ask for help.'));
    await this.app.commands.execute('docmanager:open', { path });
    const panel = this.notebooks?.find(({ context }) => context.path === path);
    if (!exercise || !panel) return;
    await panel.revealed;
    reveal(panel, exercise.id);
  }

  help(tab: 'new' | 'mine' = 'new'): void {
    void this.#help(tab);
  }

  async #help(tab: 'new' | 'mine'): Promise<void> {
    this.#me ??= await this.#server.me().catch(() => null);
    const { send, tickets, reply } = this.#server;
    await openHelp(
      {
        send,
        list: tickets,
        reply,
        support: this.#me?.support ?? null,
        attachments: this.#attachments(),
        ...(this.#me?.urls.tickets ? { ticketsUrl: this.#me.urls.tickets } : {}),
      },
      this.#theme(),
      tab,
    );
    this.#requests.ask();
  }

  #attachments(): Attachment[] {
    const here = lessonAt(this.#panel.progress, this.shell?.currentPath ?? '');
    const { exercise, error: seen } = attention();
    const error = seen ?? lastError(notebookOf(this.shell?.currentWidget));
    const versions = { JupyterLab: this.app.version, browser: navigator.userAgent.slice(0, 200) };
    return [
      here ? { label: t('Lesson'), value: here.lesson.title, data: { course: here.course.course, lesson: here.lesson.id } } : null,
      exercise ? { label: t('Exercise'), value: exercise.title || exercise.id, data: { exercise: exercise.id } } : null,
      error ? { label: t('Last error'), value: error, data: { error } } : null,
      { label: t('Browser and versions'), value: Object.entries(versions).map(([name, value]) => `${name}: ${value}`).join(' · '), data: { versions } },
    ].filter(item => item !== null);
  }
}

const answers = (tickets: readonly Ticket[]) => tickets.flatMap(({ messages }) => messages).filter(({ from }) => from === 'support').length;

/** The open notebook as nbformat has it; null when something else is open. */
function notebookOf(widget: unknown): unknown {
  const model = (widget as { content?: { model?: { toJSON?: () => unknown } } } | null | undefined)?.content?.model;
  return typeof model?.toJSON === 'function' ? model.toJSON() : null;
}

const plugin: JupyterFrontEndPlugin<void> = {
  id: 'proboost-lab:plugin',
  description: 'The course beside the notebook: lessons, points, help.',
  autoStart: true,
  optional: [ILabShell, ILayoutRestorer, ICommandPalette, IThemeManager, INotebookTracker],
  activate: (
    app: JupyterFrontEnd,
    shell: ILabShell | null,
    restorer: ILayoutRestorer | null,
    palette: ICommandPalette | null,
    themes: IThemeManager | null,
    notebooks: INotebookTracker | null,
  ) => {
    const course = new Course(app, shell, themes, notebooks);
    notebooks?.widgetAdded.connect((_, panel) => void bringToLife(panel));
    app.shell.add(course.widget, 'left', { rank: 50 });
    restorer?.add(course.widget, 'proboost-panel');
    app.commands.addCommand(HELP, { label: () => t('Ask for help'), execute: () => course.help('new') });
    app.commands.addCommand(REQUESTS, { label: () => t('My requests'), execute: () => course.help('mine') });
    app.commands.addCommand(SHOW, { label: () => t('Show the course'), execute: () => app.shell.activateById(course.widget.id) });
    app.commands.addCommand(HAND_IN, {
      label: () => t('Hand in this lesson'),
      isEnabled: () => course.here !== null,
      execute: () => {
        const { here } = course;
        if (here) course.handIn(here.course, here.lesson);
      },
    });
    app.commands.addCommand(RESTORE, {
      label: () => t('Restore this lesson'),
      caption: () => t('The notebook as its author wrote it; your copy stays beside'),
      isEnabled: () => Boolean(course.copies?.current),
      execute: () => course.restore(),
    });
    for (const command of [SHOW, HAND_IN, HELP, REQUESTS, RESTORE]) palette?.addItem({ command, category: 'ProBoost' });
    // Once, at somebody's first visit: the course is what they came for. Later the layout is theirs.
    void app.restored.then(() => {
      if (localStorage.getItem(SEEN)) return;
      localStorage.setItem(SEEN, '1');
      app.shell.activateById(course.widget.id);
    });
  },
};

export default plugin;
