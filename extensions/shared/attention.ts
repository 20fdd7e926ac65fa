// What the learner was last busy with on this page: it is offered as an attachment when they ask for help.
import { shared } from './dom';

export interface Attention {
  exercise?: { ref: string; id: string; title: string };
  error?: string;
}

/** The page's one record; whoever knows better writes into it. */
export function attention(): Attention {
  return shared('attention', () => ({}));
}
