import { codeReviewer } from './agents/code-reviewer.js';
import { crmSync } from './agents/crm-sync.js';
import { invoiceExtractor } from './agents/invoice-extractor.js';
import { marketResearch } from './agents/market-research.js';
import { priceWatch } from './agents/price-watch.js';
import { supportDesk } from './agents/support-desk.js';
import type { AgentScript } from './plan.js';

/** The made-up agents; the first to be made dates the history. */
export const fleetScripts: readonly AgentScript[] = [
  supportDesk,
  marketResearch,
  codeReviewer,
  invoiceExtractor,
  priceWatch,
  crmSync,
];
