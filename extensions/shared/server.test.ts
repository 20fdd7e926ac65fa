import { afterEach, describe, expect, it, vi } from 'vitest';
import { Away, cookie, place, Refusal, Server } from './server';

const answers = (status: number, body: unknown) => vi.fn(() => Promise.resolve(new Response(status === 204 ? null : JSON.stringify(body), { status })));
const server = new Server('/user/lea/');
const where = { course: 'python-start', lesson: 'loops', exercise: 'sum-even' };

afterEach(() => {
  document.cookie = '_xsrf=; expires=Thu, 01 Jan 1970 00:00:00 GMT; path=/';
});

describe('a call', () => {
  it('carries the cookie’s XSRF token of that moment, on GET too', async () => {
    const fetch = answers(200, { courses: [] });
    vi.stubGlobal('fetch', fetch);
    document.cookie = '_xsrf=2%7Cabc; path=/';
    await server.progress();
    expect(fetch).toHaveBeenCalledWith('/user/lea/proboost/progress', expect.objectContaining({ method: 'GET', headers: expect.objectContaining({ 'X-XSRFToken': '2|abc' }) as unknown }));
  });

  it('puts a draft at its exercise’s address', async () => {
    const fetch = answers(200, { revision: 3, saved_at: 'x', where: 'here' });
    vi.stubGlobal('fetch', fetch);
    expect(await server.saveDraft(where, { code: 'x' }, 2, true)).toMatchObject({ revision: 3, where: 'here' });
    expect(fetch).toHaveBeenCalledWith('/user/lea/proboost/drafts/python-start/loops/sum-even', expect.objectContaining({ method: 'PUT', keepalive: true, body: '{"response":{"code":"x"},"base":2}' }));
  });

  it('takes a 202 for an answer', async () => {
    vi.stubGlobal('fetch', answers(202, { state: 'pending', attempt: 'a' }));
    expect(await server.attempt('a')).toEqual({ state: 'pending', attempt: 'a' });
  });

  it.each([502, 503, 504])('is away when only a proxy answers: %s', async status => {
    vi.stubGlobal('fetch', answers(status, {}));
    await expect(server.me()).rejects.toBeInstanceOf(Away);
  });

  it('is away when nobody answers, and when the answer breaks off', async () => {
    vi.stubGlobal('fetch', () => Promise.reject(new TypeError('network')));
    await expect(server.me()).rejects.toBeInstanceOf(Away);
    vi.stubGlobal('fetch', () => Promise.resolve(new Response('<html>', { status: 200 })));
    await expect(server.me()).rejects.toBeInstanceOf(Away);
  });

  it('brings the server’s own sentence', async () => {
    vi.stubGlobal('fetch', answers(403, { code: 'lesson-closed', message: 'Урок ещё закрыт.' }));
    await expect(server.state('a', 'b')).rejects.toMatchObject({ status: 403, code: 'lesson-closed', message: 'Урок ещё закрыт.' });
  });

  it('says that one has been logged out', async () => {
    vi.stubGlobal('fetch', answers(403, {}));
    const error: unknown = await server.me().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(Refusal);
    expect((error as Refusal).code).toBe('log-in');
  });
});

describe('addresses', () => {
  it('are course, lesson, exercise, with or without a release', () => {
    const expected = { course: 'c', lesson: 'l', exercise: 'e.1' };
    expect(place('c/l#e.1')).toEqual(expected);
    expect(place('c/l@12#e.1')).toEqual(expected);
    expect(place('')).toBeNull();
  });

  it('reads a cookie by its whole name', () => {
    document.cookie = '_xsrf=right; path=/';
    expect([cookie('_xsrf'), cookie('xsrf')]).toEqual(['right', '']);
  });
});
