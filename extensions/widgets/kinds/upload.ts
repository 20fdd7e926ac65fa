// Kind `upload`: a file for a grader: chosen or dropped, brought with its progress, replaced by another; errors in plain words.
import type { Answer } from '../../shared/api';
import { h } from '../../shared/dom';
import { number, t, tn } from '../../shared/i18n';
import { Away, type Brought } from '../../shared/server';
import type { Spec } from '../model';
import { byFinger } from './drag';
import type { Host, Kind, KindView } from './kind';
import { rubric } from './rubric';

const USUAL = 10 * 2 ** 20;

/** A size as people say it: 512 KB, 1.5 MB. */
export function size(bytes: number): string {
  return bytes < 1000 ? tn('{n} byte', '{n} bytes', bytes) : bytes < 1e6 ? t('{n} KB', { n: Math.round(bytes / 1000) }) : t('{n} MB', { n: Math.round(bytes / 1e5) / 10 });
}

/** Whether the exercise takes such a file, by its ending or its media type. */
export function accepted({ name, type }: Pick<File, 'name' | 'type'>, accept: readonly string[]): boolean {
  const fits = (one: string) => (one.startsWith('.') ? name.toLowerCase().endsWith(one) : one.endsWith('/*') ? type.startsWith(one.slice(0, -1)) : type === one);
  return accept.length === 0 || accept.some(fits);
}

function kinds(accept: readonly string[]): string {
  const words: Record<string, string> = { 'image/*': t('pictures'), 'audio/*': t('sound'), 'video/*': t('video'), 'text/*': t('text files') };
  return accept.map(one => words[one] ?? one).join(', ');
}

class Upload implements KindView {
  readonly element: HTMLElement;
  #input: HTMLInputElement;
  #choose: HTMLButtonElement;
  #remove = h('button', { type: 'button', class: 'pb-button pb-bare', onclick: () => this.#forget() }, t('Remove'));
  #file = h('p', { class: 'pb-file' });
  #bar = h('progress', { class: 'pb-progress', max: 1, value: 0, 'aria-label': t('Sending the file') });
  #cancel = h('button', { type: 'button', class: 'pb-button pb-bare', onclick: () => this.#stop?.abort() }, t('Cancel'));
  #trouble = h('p', { class: 'pb-trouble', role: 'alert' });
  #limits: HTMLElement;
  #criteria = h('div', {});
  #accept: readonly string[] = [];
  #most = USUAL;
  #kept: Brought | null = null;
  #stop: AbortController | null = null;

  constructor(private readonly host: Host) {
    const { name, labelledBy } = host;
    this.#input = h('input', { type: 'file', class: 'pb-sr', tabindex: -1, 'aria-hidden': 'true', onchange: () => this.#picked(this.#input.files) });
    this.#limits = h('p', { class: 'pb-limits', id: `${name}-limits` });
    this.#choose = h('button', { type: 'button', class: 'pb-button', id: `${name}-choose`, 'aria-describedby': `${name}-limits`, onclick: () => this.#input.click() });
    const box = h('div', { class: 'pb-drop', role: 'group', 'aria-labelledby': labelledBy }, this.#file, h('div', { class: 'pb-sending' }, this.#bar, this.#cancel), h('div', { class: 'pb-acts' }, this.#choose, this.#remove), this.#limits, this.#input);
    this.element = h('div', { class: 'pb-upload' }, this.#criteria, box, this.#trouble);
    this.#drops(box);
    this.update(host.spec);
  }

  // -- what the frame asks
  read = (): Answer => (this.#kept ? { file: this.#kept.id, name: this.#kept.name, size: this.#kept.size } : {});
  focus = () => this.#choose.focus();
  destroy = () => this.#stop?.abort();

  missing(): string | null {
    if (this.#stop) return t('Wait until the file is sent.');
    return this.#kept ? null : t('Choose a file first.');
  }

  write(answer: Answer): void {
    const { file, name, size: bytes } = answer;
    this.#kept = typeof file === 'string' && file ? { id: file, name: typeof name === 'string' ? name : t('your file'), size: typeof bytes === 'number' ? bytes : 0, here: false } : null;
    this.#draw();
  }

  update(spec: Spec): void {
    this.#accept = spec.accept ?? [];
    this.#most = spec.max_size ?? USUAL;
    this.#input.accept = this.#accept.join(',');
    const allowed = this.#accept.length > 0 ? t('One of these: {kinds}; at most {size}.', { kinds: kinds(this.#accept), size: size(this.#most) }) : t('Any file of at most {size}.', { size: size(this.#most) });
    this.#limits.textContent = allowed;
    this.#criteria.replaceChildren(...[rubric(spec.rubric)].filter(one => one !== null));
    this.#draw();
  }

  // -- what is seen
  #draw(): void {
    const sending = this.#stop !== null;
    this.#bar.hidden = this.#cancel.hidden = !sending;
    this.#remove.hidden = sending || !this.#kept;
    this.#choose.hidden = sending;
    this.#choose.textContent = this.#kept ? t('Choose another file') : t('Choose a file');
    if (!sending) {
      const { name, size: bytes, here } = this.#kept ?? { name: '', size: 0, here: false };
      const sign = h('span', { class: 'pb-ok', 'aria-hidden': 'true' }, '✓ ');
      const more = [bytes > 0 ? size(bytes) : '', here ? t('kept here, will be sent') : ''].filter(Boolean).join(' · ');
      this.#file.replaceChildren(...(name ? [sign, h('b', {}, name), more ? ` · ${more}` : ''] : [byFinger() ? t('No file is chosen yet.') : t('Drop a file here or choose one.')]));
    }
    this.element.dataset.state = sending ? 'sending' : this.#kept ? 'kept' : 'empty';
  }

  #tell(trouble: string): void {
    this.#trouble.textContent = trouble;
    this.#trouble.hidden = !trouble;
  }

  // -- what people do
  #drops(box: HTMLElement): void {
    const over = (is: boolean) => (event: DragEvent) => {
      if (!event.dataTransfer?.types.includes('Files')) return;
      event.preventDefault(); // else the browser opens the file in place of the lesson
      box.classList.toggle('pb-over', is);
    };
    box.addEventListener('dragenter', over(true));
    box.addEventListener('dragover', over(true));
    box.addEventListener('dragleave', over(false));
    box.addEventListener('drop', event => {
      over(false)(event);
      event.stopPropagation();
      this.#picked(event.dataTransfer?.files ?? null);
    });
    this.#tell('');
  }

  #picked(files: FileList | null): void {
    const [file] = files ?? [];
    const many = (files?.length ?? 0) > 1;
    this.#input.value = ''; // the same file can be chosen again
    if (!file || this.#stop) return;
    const wrong = many ? t('Only one file is taken: put several into one archive.') : this.#wrong(file);
    this.#tell(wrong);
    if (!wrong) void this.#bring(file);
  }

  #wrong(file: File): string {
    if (file.size === 0) return t('The file “{name}” is empty.', { name: file.name });
    if (file.size > this.#most) return t('The file “{name}” is {size}, and at most {most} are taken.', { name: file.name, size: size(file.size), most: size(this.#most) });
    return accepted(file, this.#accept) ? '' : t('The file “{name}” is of another type. Taken are: {kinds}.', { name: file.name, kinds: kinds(this.#accept) });
  }

  async #bring(file: File): Promise<void> {
    const stop = (this.#stop = new AbortController());
    const share = (done: number) => {
      this.#bar.value = done;
      this.#file.textContent = t('Sending “{name}”: {percent} %', { name: file.name, percent: number(Math.floor(done * 100)) });
    };
    share(0);
    this.#draw();
    this.host.say(t('Sending the file'));
    try {
      this.#kept = await this.host.upload(file, share, stop.signal);
      this.#stop = null;
      this.host.changed();
      this.host.say(t('The file “{name}” is there.', { name: this.#kept.name }));
    } catch (error) {
      this.#stop = null;
      if (!stop.signal.aborted) this.#tell(error instanceof Away ? t('The file could not be sent: there is no connection. Choose it again when there is one.') : error instanceof Error && error.message ? error.message : t('The file could not be sent. Choose it again.'));
    }
    this.#draw();
    (this.#choose.hidden ? this.#cancel : this.#choose).focus({ preventScroll: true });
  }

  #forget(): void {
    this.#kept = null;
    this.#tell('');
    this.#draw();
    this.host.changed();
    this.host.say(t('The file is removed.'));
    this.#choose.focus();
  }
}

export const upload: Kind = {
  kept: true,
  create: host => new Upload(host),
};
