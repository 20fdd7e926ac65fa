import { expect, it, vi } from 'vitest';
import { islands, watch } from './islands';

vi.mock('./session', () => ({ mount: () => Promise.resolve(() => undefined) }));

it('an exercise is mounted once its slot is parsed, which says to which cell it belongs', async () => {
  vi.spyOn(document, 'readyState', 'get').mockReturnValue('loading');
  watch();
  document.body.innerHTML = '<section class="pb-ex" data-id="e"><script type="application/json">{"kind":"code"}</script></section>\n';
  await new Promise(resolve => setTimeout(resolve));
  expect(islands().size).toBe(0);
  document.body.insertAdjacentHTML('beforeend', '<div id="slot-c3"></div>');
  await vi.waitFor(() => expect(islands().get('e')?.model.cell).toBe('c3'));
});
