import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { NewTicket, TicketReceipt } from './api';
import { type HelpDesk, openHelp } from './help';

const desk = (send: (ticket: NewTicket) => Promise<TicketReceipt>, more: Partial<HelpDesk> = {}): HelpDesk => ({
  send,
  list: () => Promise.resolve([]),
  reply: () => Promise.resolve(),
  support: { phone: '8 800 777 54 91', email: 'support@okocrm.com' },
  attachments: [
    { label: 'Lesson', value: 'Functions', data: { course: 'c', lesson: 'l' } },
    { label: 'Last error', value: 'NameError: x\nline 1', data: { error: 'NameError: x\nline 1' } },
  ],
  ...more,
});

// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- as querySelector's own
const get = <T extends Element>(selector: string): T => document.querySelector<T>(selector) ?? expect.fail(selector);
const write = (text: string) => {
  const area = get<HTMLTextAreaElement>('#pb-help-text');
  area.value = text;
  area.dispatchEvent(new Event('input'));
};
const submit = () => get<HTMLFormElement>('.pb-help-form').dispatchEvent(new Event('submit', { cancelable: true }));

beforeEach(() => {
  document.body.replaceChildren();
  HTMLDialogElement.prototype.showModal = function () {
    this.open = true;
  };
  HTMLDialogElement.prototype.close = function () {
    this.open = false;
    this.dispatchEvent(new Event('close'));
  };
});

describe('asking for help', () => {
  it('shows what goes along, and the phone and the address of support', () => {
    void openHelp(desk(vi.fn()));
    expect(get('.pb-help-attached').textContent).toContain('Functions');
    expect(get('.pb-help-attached pre').textContent).toContain('NameError');
    expect(get<HTMLAnchorElement>('footer a').href).toBe('tel:88007775491');
    get<HTMLDialogElement>('dialog').close();
  });

  it('sends what stays ticked, then tells the number', async () => {
    const send = vi.fn<(ticket: NewTicket) => Promise<TicketReceipt>>(() => Promise.resolve({ number: 7, state: 'open' }));
    void openHelp(desk(send));
    get<HTMLInputElement>('input[value="proposal"]').click();
    write('  Make it blue ');
    get<HTMLInputElement>('.pb-help-attached input').click();
    submit();
    await vi.waitFor(() => expect(get('.pb-help-sent').textContent).toContain('7'));
    const ticket = send.mock.calls[0]?.[0];
    expect(ticket).toMatchObject({ kind: 'proposal', text: 'Make it blue', attached: { error: 'NameError: x\nline 1' } });
    expect(ticket?.attached).not.toHaveProperty('lesson');
    get<HTMLDialogElement>('dialog').close();
  });

  it('keeps text and id when sending fails, also when the dialog was closed meanwhile', async () => {
    const send = vi.fn<(ticket: NewTicket) => Promise<TicketReceipt>>(() => Promise.reject(new Error('No connection.')));
    void openHelp(desk(send));
    write('It does not start');
    submit();
    await vi.waitFor(() => expect(get('.pb-help-trouble').textContent).toContain('No connection.'));
    get<HTMLDialogElement>('dialog').close();
    expect(document.querySelector('dialog')).toBeNull();
    send.mockImplementation(() => Promise.resolve({ state: 'saved' }));
    void openHelp(desk(send));
    expect(get<HTMLTextAreaElement>('#pb-help-text').value).toBe('It does not start');
    submit();
    await vi.waitFor(() => expect(get('.pb-help-sent').textContent).toContain('saved'));
    expect(send.mock.calls[0]?.[0].id).toBe(send.mock.calls[1]?.[0].id);
    get<HTMLDialogElement>('dialog').close();
  });

  it('wants a few words first', () => {
    const send = vi.fn();
    void openHelp(desk(send));
    submit();
    expect(send).not.toHaveBeenCalled();
    expect(get<HTMLElement>('.pb-help-trouble').hidden).toBe(false);
    get<HTMLDialogElement>('dialog').close();
  });

  it('lists own requests with answers and takes a reply once', async () => {
    const reply = vi.fn(() => Promise.resolve());
    const list = () =>
      Promise.resolve([
        { number: 3, kind: 'problem' as const, text: 'Help!', state: 'open' as const, url: '/t/3', created_at: '2026-11-25T10:00:00Z', messages: [{ from: 'support' as const, name: 'Anna', text: '<b>Reload</b>', at: '2026-11-25T10:01:00Z' }] },
      ]);
    void openHelp(desk(vi.fn(), { list, reply }));
    document.querySelectorAll<HTMLButtonElement>('.pb-tab')[1]?.click();
    await vi.waitFor(() => expect(get('.pb-ours').textContent).toContain('<b>Reload</b>'));
    get<HTMLTextAreaElement>('.pb-help-reply textarea').value = 'Thanks';
    get<HTMLFormElement>('.pb-help-reply').dispatchEvent(new Event('submit', { cancelable: true }));
    await vi.waitFor(() => expect(reply).toHaveBeenCalledWith(3, expect.any(String), 'Thanks'));
    get<HTMLDialogElement>('dialog').close();
  });
});
