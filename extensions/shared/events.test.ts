import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Events, type News } from './events';

class Socket {
  static made: Socket[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: (() => void) | null = null;
  closed = false;
  constructor(readonly url: string) {
    Socket.made.push(this);
  }
  close(): void {
    this.closed = true;
    this.onclose?.();
  }
}

const make = () => new Events('ws://x/events', url => new Socket(url) as unknown as WebSocket);
const heard: News[] = [];
const listener = (news: News) => void heard.push(news);

beforeEach(() => {
  vi.useFakeTimers();
  Socket.made = [];
  heard.length = 0;
});
afterEach(() => void vi.useRealTimers());

describe('news', () => {
  it('come over one socket, opened for the first listener', () => {
    const events = make();
    expect(Socket.made).toHaveLength(0);
    events.listen(listener);
    events.listen(() => undefined);
    expect(Socket.made).toHaveLength(1);
    Socket.made[0]?.onopen?.();
    Socket.made[0]?.onmessage?.({ data: '{"type": "platform", "up": false}' });
    Socket.made[0]?.onmessage?.({ data: 'no JSON' });
    expect(heard).toEqual([{ type: 'open' }, { type: 'platform', up: false, first: true }]);
  });

  it('come again after a break, with growing pauses', () => {
    make().listen(listener);
    Socket.made[0]?.onclose?.();
    vi.advanceTimersByTime(700);
    expect(Socket.made).toHaveLength(1);
    vi.advanceTimersByTime(600);
    expect(Socket.made).toHaveLength(2);
    Socket.made[1]?.onclose?.();
    vi.advanceTimersByTime(1400);
    expect(Socket.made).toHaveLength(2);
    vi.advanceTimersByTime(1200);
    expect(Socket.made).toHaveLength(3);
  });

  it('tell the greeting of the first connection from those after which something was missed', () => {
    make().listen(listener);
    const greet = (up: boolean) => Socket.made.at(-1)?.onmessage?.({ data: JSON.stringify({ type: 'platform', up }) });
    greet(false);
    greet(true); // the platform is back
    Socket.made[0]?.onclose?.();
    vi.advanceTimersByTime(2000);
    greet(true);
    expect(heard.map(news => news.type === 'platform' && news.first)).toEqual([true, false, false]);
  });

  it('end when they are closed', () => {
    const events = make();
    events.listen(listener);
    events.close();
    vi.advanceTimersByTime(60_000);
    expect(Socket.made).toHaveLength(1);
    expect(Socket.made[0]?.closed).toBe(true);
  });
});
