// The dialog "Ask for help": what it is about, the learner's words, what is attached (shown before it is sent), own requests with answers.
// Knows no framework and no server: the lesson page and the JupyterLab panel hand it `send`, `list` and `reply`.
import type { NewTicket, Support, Ticket, TicketKind, TicketReceipt } from './api';
import { openDialog } from './dialog';
import { type Child, h, shared, uuid } from './dom';
import { t, time } from './i18n';

/** One thing that goes along when its box stays ticked: `value` is what the learner reads, `data` what is sent. */
export interface Attachment {
  label: string;
  value: string;
  data: NewTicket['attached'];
}

export interface HelpDesk {
  send(ticket: NewTicket): Promise<TicketReceipt>;
  list(): Promise<Ticket[]>;
  reply(number: number, id: string, text: string): Promise<unknown>;
  support: Support | null;
  attachments: Attachment[];
  /** The platform's own page of requests. */
  ticketsUrl?: string;
}

const MOST = 8000; // characters of one message

/** What is written and not sent yet: it outlives the dialog, and so does the id, so that nothing is sent twice. */
interface Unsent {
  id: string;
  kind: TicketKind;
  text: string;
}
const unsent = () => shared<Unsent>('unsent-ticket', () => ({ id: uuid(), kind: 'problem', text: '' }));

function kinds(): [TicketKind, string, string][] {
  return [
    ['problem', t('Problem'), t('something does not work as it should')],
    ['consultation', t('Consultation'), t('you want advice or an explanation')],
    ['setup', t('Set-up'), t('something has to be set up or changed for you')],
    ['proposal', t('Proposal'), t('you know how to make it better')],
  ];
}

export function kindName(kind: TicketKind): string {
  return kinds().find(([name]) => name === kind)?.[1] ?? kind;
}

export function stateName(state: Ticket['state']): string {
  const names: Record<Ticket['state'], string> = { open: t('being worked on'), answered: t('answered'), closed: t('closed') };
  return names[state];
}

/** Opens the dialog, with a new request or with one's own; resolves when it is closed. `theme`: for pages whose theme is not ours. */
export function openHelp(desk: HelpDesk, theme?: 'light' | 'dark', tab: 'new' | 'mine' = 'new'): Promise<void> {
  const body = h('div', { class: 'pb-help-body' });
  const tabs: [string, () => Promise<void> | void][] = [
    [t('New request'), () => body.replaceChildren(form(desk, () => show(1)))],
    [t('My requests'), () => requests(desk, body)],
  ];
  const buttons = tabs.map(([name], index) => h('button', { type: 'button', class: 'pb-tab', onclick: () => show(index) }, name));
  const show = (index: number) => {
    buttons.forEach((button, at) => {
      button.setAttribute('aria-pressed', String(at === index));
    });
    void tabs[index]?.[1]();
  };
  show(tab === 'mine' ? 1 : 0);
  return openDialog({ name: 'pb-help', title: t('Help'), theme }, h('div', { class: 'pb-tabs' }, ...buttons), body, contacts(desk.support)).closed;
}

function contacts(support: Support | null): Child {
  if (!support || (!support.phone && !support.email)) return null;
  const phone = support.phone && h('a', { href: `tel:${support.phone.replace(/[^\d+]/g, '')}` }, support.phone);
  const mail = support.email && h('a', { href: `mailto:${support.email}` }, support.email);
  return h('footer', {}, h('span', {}, t('Or talk to us directly:')), ' ', phone, phone && mail ? ' · ' : '', mail);
}

function form(desk: HelpDesk, toRequests: () => void): HTMLElement {
  const kept = unsent();
  const choice = kinds().map(([kind, name, about]) => {
    const radio = h('input', { type: 'radio', name: 'pb-help-kind', value: kind, checked: kind === kept.kind, onchange: () => (kept.kind = kind) });
    return h('label', {}, radio, h('span', {}, h('b', {}, name), h('small', {}, about)));
  });
  const text = h('textarea', { id: 'pb-help-text', rows: 4, maxlength: MOST, required: true, placeholder: t('What happened, and what did you expect?') });
  text.value = kept.text;
  text.addEventListener('input', () => (kept.text = text.value));
  const boxes = desk.attachments.map(({ label, value }) => {
    const box = h('input', { type: 'checkbox', checked: true });
    const long = value.includes('\n');
    return { box, row: h('li', {}, h('label', {}, box, h('span', {}, h('b', {}, label), long ? null : `: ${value}`)), long && h('pre', { tabindex: 0 }, value)) };
  });
  const trouble = h('p', { class: 'pb-help-trouble', role: 'alert', hidden: true });
  const button = h('button', { type: 'submit', class: 'pb-button pb-main' }, t('Send'));
  const made = h(
    'form',
    { class: 'pb-help-form', novalidate: true },
    h('fieldset', { class: 'pb-help-kinds' }, h('legend', {}, t('What is it about?')), ...choice),
    h('label', { class: 'pb-help-label', for: 'pb-help-text' }, t('Tell us more')),
    text,
    boxes.length > 0 && h('fieldset', { class: 'pb-help-attached' }, h('legend', {}, t('This will be sent with it')), h('ul', {}, ...boxes.map(({ row }) => row))),
    trouble,
    h('div', { class: 'pb-help-acts' }, button),
  );
  const send = async () => {
    if (button.ariaDisabled === 'true') return;
    if (!text.value.trim()) {
      trouble.textContent = t('Write a few words about it first.');
      trouble.hidden = false;
      return text.focus();
    }
    button.ariaDisabled = 'true';
    button.textContent = t('Sending…');
    trouble.hidden = true;
    const ticked = desk.attachments.filter((_, index) => boxes[index]?.box.checked);
    const attached = Object.assign({}, ...ticked.map(({ data }) => data)) as NewTicket['attached'];
    try {
      const receipt = await desk.send({ id: kept.id, kind: kept.kind, text: text.value.trim(), attached });
      Object.assign(kept, { id: uuid(), text: '', kind: 'problem' } satisfies Unsent);
      const thanks = sent(receipt, desk, toRequests);
      made.replaceWith(thanks);
      thanks.focus();
    } catch (error) {
      trouble.textContent = `${error instanceof Error ? error.message : ''} ${t('Your text is kept: send it again, or call or write to us.')}`.trim();
      trouble.hidden = false;
      button.ariaDisabled = null;
      button.textContent = t('Send again');
    }
  };
  made.addEventListener('submit', event => {
    event.preventDefault();
    void send();
  });
  return made;
}

function sent({ number, url }: TicketReceipt, desk: HelpDesk, toRequests: () => void): HTMLElement {
  const words = number
    ? [h('h3', {}, t('Request No. {n} has been received', { n: String(number) })), h('p', {}, t('We have sent you an e-mail about it. The answer will come by e-mail and will be here, under “My requests”.'))]
    : [h('h3', {}, t('Your request is saved')), h('p', {}, t('It will be sent by itself as soon as the platform answers; then it gets a number.'))];
  const address = url ?? desk.ticketsUrl;
  return h(
    'div',
    { class: 'pb-help-sent', tabindex: -1, role: 'status' },
    ...words,
    h('div', { class: 'pb-help-acts' }, h('button', { type: 'button', class: 'pb-button', onclick: toRequests }, t('My requests')), address ? h('a', { class: 'pb-button pb-bare', href: address, target: '_blank', rel: 'noopener' }, t('Open on the platform')) : null),
  );
}

async function requests(desk: HelpDesk, body: HTMLElement): Promise<void> {
  body.replaceChildren(h('div', { class: 'pb-skeleton', role: 'status', 'aria-label': t('Loading…') }, h('i', {}), h('i', {}), h('i', {})));
  let tickets: Ticket[];
  try {
    tickets = await desk.list();
  } catch (error) {
    const again = h('button', { type: 'button', class: 'pb-button', onclick: () => void requests(desk, body) }, t('Try again'));
    return body.replaceChildren(h('div', { class: 'pb-help-empty' }, h('p', {}, t('Your requests cannot be shown now.'), ' ', error instanceof Error ? error.message : ''), again));
  }
  if (tickets.length === 0) return body.replaceChildren(h('div', { class: 'pb-help-empty' }, h('p', {}, t('You have not asked anything yet. Requests and our answers will be here.'))));
  body.replaceChildren(h('ul', { class: 'pb-help-list' }, ...tickets.map((ticket, index) => row(ticket, desk, index === 0))));
}

function row(ticket: Ticket, desk: HelpDesk, open: boolean): HTMLElement {
  const answers = ticket.messages.filter(message => message.from === 'support').length;
  const head = h(
    'summary',
    {},
    h('span', { class: 'pb-help-number' }, `№ ${ticket.number}`),
    h('span', { class: 'pb-help-what' }, ticket.text.slice(0, 120)),
    h('span', { class: answers > 0 ? 'pb-chip pb-good' : 'pb-chip' }, stateName(ticket.state)),
  );
  const said = (who: string, words: string, at: string, ours: boolean) =>
    h('div', { class: ours ? 'pb-message pb-ours' : 'pb-message' }, h('p', { class: 'pb-message-head' }, h('b', {}, who), ` · ${time(at)}`), h('p', { class: 'pb-message-text' }, words));
  const thread = ticket.messages.filter(message => message.text !== ticket.text || message.from === 'support');
  const box = h(
    'details',
    { open },
    head,
    h('p', { class: 'pb-message-head' }, kindName(ticket.kind)),
    said(t('You'), ticket.text, ticket.created_at, false),
    ...thread.map(({ from, name, text, at }) => said(from === 'you' ? t('You') : name || t('Support'), text, at, from === 'support')),
  );
  if (ticket.state !== 'closed') box.append(answer(ticket.number, desk));
  box.append(h('a', { class: 'pb-help-link', href: ticket.url, target: '_blank', rel: 'noopener' }, t('Open on the platform')));
  return h('li', {}, box);
}

function answer(number: number, desk: HelpDesk): HTMLElement {
  let id = uuid();
  const text = h('textarea', { rows: 2, maxlength: MOST, 'aria-label': t('Your message'), placeholder: t('Write to the specialist') });
  const said = h('span', { class: 'pb-help-said', role: 'status' });
  const made = h('form', { class: 'pb-help-reply' }, text, h('div', { class: 'pb-help-acts' }, h('button', { type: 'submit', class: 'pb-button pb-small' }, t('Send')), said));
  const send = async () => {
    const words = text.value.trim();
    if (!words) return;
    said.textContent = t('Sending…');
    try {
      await desk.reply(number, id, words);
      id = uuid();
      made.before(h('div', { class: 'pb-message' }, h('p', { class: 'pb-message-head' }, h('b', {}, t('You'))), h('p', { class: 'pb-message-text' }, words)));
      text.value = '';
      said.textContent = t('Sent');
    } catch (error) {
      said.textContent = error instanceof Error ? error.message : t('Not sent. Try again.');
    }
  };
  made.addEventListener('submit', event => {
    event.preventDefault();
    void send();
  });
  return made;
}
