// The dialog "Hand in": what is missing, what lateness costs, files that go along; then the receipt. For the lesson page and JupyterLab.
import type { HandedIn, HandIn, HandInReply, Outlook } from './api';
import { openDialog } from './dialog';
import { type Child, h, uuid } from './dom';
import { number, t, time, tn } from './i18n';

export interface Desk {
  look(): Promise<Outlook>;
  send(what: HandIn): Promise<HandInReply>;
  /** Called before anything is sent: what is typed is saved first. */
  before(): Promise<void>;
  surface: HandIn['surface'];
  /** The platform's page of one's own submissions; a number is added to it. */
  receipts?: string;
  /** Brings an exercise into view. */
  show?(id: string): void;
}

type Part = Outlook['exercises'][number];

/** The page of one's own submissions: on the platform it lies beside that of the requests. */
export function receiptsBeside(tickets: string | undefined): string | undefined {
  return tickets?.replace(/tickets$/, 'submissions');
}

/** Exercises that nothing was answered in yet: those that are required, and the others. */
export function missing(outlook: Pick<Outlook, 'exercises'>): { required: Part[]; others: Part[] } {
  const open = outlook.exercises.filter(({ answered }) => answered === false);
  return { required: open.filter(({ required }) => required), others: open.filter(({ required }) => !required) };
}

/** "No. 12 · 25 November, 17:30 · late" */
export function receiptLine(receipt: HandedIn): string {
  return [`№ ${receipt.number}`, time(receipt.received_at), receipt.late && t('late'), stateName(receipt.state)].filter(Boolean).join(' · ');
}

export function stateName(state: HandedIn['state']): string {
  return {
    grading: t('being checked'),
    waits: t('with a grader'),
    graded: t('graded'),
    replaced: t('replaced by a later one'),
    aside: t('the check broke; a grader will look at it'),
  }[state];
}

/** Opens the dialog; resolves when it is closed, true when something was handed in. `theme`: for pages whose theme is not ours. */
export async function openHandIn(desk: Desk, theme?: 'light' | 'dark'): Promise<boolean> {
  const body = h('div', { class: 'pb-help-body' }, h('div', { class: 'pb-skeleton', role: 'status', 'aria-label': t('Loading…') }, h('i', {}), h('i', {}), h('i', {})));
  const { close, closed } = openDialog({ name: 'pb-handin', title: t('Hand in the lesson'), more: 'pb-handin', theme }, body);
  let done = false;
  const load = async (): Promise<void> => {
    try {
      await desk.before();
      const outlook = await desk.look();
      body.replaceChildren(form(desk, outlook, close, receipt => {
        done = true;
        body.replaceChildren(receipt);
        receipt.focus();
      }));
    } catch (error) {
      const again = h('button', { type: 'button', class: 'pb-button', onclick: () => void load() }, t('Try again'));
      body.replaceChildren(h('div', { class: 'pb-help-empty' }, h('p', {}, t('The lesson cannot be handed in now.'), ' ', error instanceof Error ? error.message : ''), again));
    }
  };
  await load();
  await closed;
  return done;
}

function form(desk: Desk, outlook: Outlook, close: () => void, show: (receipt: HTMLElement) => void): HTMLElement {
  const id = uuid();
  const files = outlook.files.map(({ path, size }) => {
    const box = h('input', { type: 'checkbox', value: path });
    return { box, row: h('li', {}, h('label', {}, box, h('span', {}, path, h('small', {}, ` ${bytes(size)}`)))) };
  });
  const trouble = h('p', { class: 'pb-help-trouble', role: 'alert', hidden: true });
  const button = h('button', { type: 'submit', class: 'pb-button pb-main' }, t('Hand in'));
  const made = h(
    'form',
    { class: 'pb-help-form', novalidate: true },
    ...whatIsMissing(desk, outlook, close),
    outlook.closed ? h('p', { class: 'pb-handin-rule pb-bad' }, outlook.closed) : outlook.rule && h('p', { class: outlook.late ? 'pb-handin-rule pb-part' : 'pb-handin-rule' }, outlook.rule),
    outlook.last && h('p', {}, t('Handed in before: {receipt}. Handing in again replaces it.', { receipt: receiptLine(outlook.last) })),
    files.length > 0 && h('fieldset', { class: 'pb-help-attached' }, h('legend', {}, t('Files that go along')), h('ul', {}, ...files.map(({ row }) => row))),
    trouble,
    h('div', { class: 'pb-help-acts' }, !outlook.closed && button, h('button', { type: 'button', class: 'pb-button', onclick: close }, outlook.closed ? t('Close') : t('Later'))),
  );
  const send = async () => {
    if (button.ariaDisabled === 'true') return;
    button.ariaDisabled = 'true';
    button.textContent = t('Handing in…');
    trouble.hidden = true;
    try {
      await desk.before();
      const reply = await desk.send({ id, surface: desk.surface, files: files.filter(({ box }) => box.checked).map(({ box }) => box.value) });
      show(receipt(desk, reply, close));
    } catch (error) {
      trouble.textContent = error instanceof Error ? error.message : '';
      trouble.hidden = false;
      button.ariaDisabled = null;
      button.textContent = t('Hand in again');
    }
  };
  made.addEventListener('submit', event => {
    event.preventDefault();
    void send();
  });
  return made;
}

function whatIsMissing(desk: Desk, outlook: Outlook, close: () => void): Child[] {
  const { required, others } = missing(outlook);
  if (outlook.exercises.length === 0) return [];
  if (required.length + others.length === 0) return [h('p', { class: 'pb-handin-all' }, h('span', { 'aria-hidden': 'true' }, '✓ '), t('Everything is answered.'))];
  const list = (title: string, parts: Part[]) => parts.length > 0 && h('section', { class: 'pb-handin-missing' }, h('h3', {}, title), h('ul', {}, ...parts.map(part => h('li', {}, name(desk, part, close)))));
  return [
    list(tn('{n} exercise is not answered yet', '{n} exercises are not answered yet', required.length), required) || null,
    list(t('Not required, and not answered'), others) || null,
  ];
}

function name(desk: Desk, part: Part, close: () => void): Child {
  const words = part.title || part.id;
  const points = part.points > 0 ? h('small', {}, ` ${tn('{n} point', '{n} points', part.points)}`) : null;
  if (!desk.show) return h('span', {}, words, points);
  const go = () => {
    close();
    desk.show?.(part.id);
  };
  return h('span', {}, h('button', { type: 'button', class: 'pb-handin-go', onclick: go }, words), points);
}

function receipt(desk: Desk, reply: HandInReply, close: () => void): HTMLElement {
  const acts = (...more: Child[]) => h('div', { class: 'pb-help-acts' }, ...more, h('button', { type: 'button', class: 'pb-button', onclick: close }, t('Close')));
  if (!('number' in reply)) {
    return h('div', { class: 'pb-help-sent', tabindex: -1, role: 'status' }, h('h3', {}, t('Your work is kept here')), h('p', {}, reply.message), h('p', {}, t('The time at which you handed it in is kept with it.')), acts());
  }
  const address = desk.receipts ? `${desk.receipts}/${reply.number}` : '';
  return h(
    'div',
    { class: 'pb-help-sent', tabindex: -1, role: 'status' },
    h('h3', {}, t('Handed in: No. {n}', { n: String(reply.number) })),
    h('p', {}, t('Received {time}.', { time: time(reply.received_at) }), ' ', reply.late ? t('It is late.') : t('It is in time.')),
    h('p', { class: 'pb-handin-hash' }, t('Its hash, by which you can prove what you handed in:'), ' ', h('code', {}, reply.sha256)),
    acts(address ? h('a', { class: 'pb-button pb-main', href: address, target: '_blank', rel: 'noopener' }, t('Receipt and feedback')) : null),
  );
}

function bytes(size: number): string {
  return size < 1024 ? t('{n} B', { n: size }) : size < 1024 ** 2 ? t('{n} KiB', { n: number(Math.round(size / 102.4) / 10) }) : t('{n} MiB', { n: number(Math.round(size / 104857.6) / 10) });
}
