import type { Database } from '../../platform/database.js';
import { noProject, type AuditChainRepository, type LoggedRow, type Seal } from './audit-chain.repository.js';
import type { AuditVerification } from './audit-verification.js';
import { chainStart, entryHash, type SealedContent } from './entry-hash.js';

const batchSize = 1000;

/**
 * The chain of hashes over each project's audit entries. A database's owner can lift the triggers that keep the log
 * append-only; the chain is how that shows afterwards.
 */
export class AuditChain {
  constructor(
    private readonly database: Database,
    private readonly repository: AuditChainRepository,
  ) {}

  /**
   * Seals all committed entries that have rested for some seconds, in batches of their own transactions. Runs in one
   * process at a time; elsewhere it ends at once. Answers how many it sealed.
   */
  async seal(): Promise<number> {
    let total = 0;
    for (;;) {
      const sealed = await this.#sealBatch();
      total += sealed;
      if (sealed < batchSize) return total;
    }
  }

  /** Re-computes a project's chain from its beginning, in batches, up to the first broken entry. */
  async verify(projectId: string): Promise<AuditVerification> {
    let position = 0;
    let hash = chainStart;
    let sealedUpTo: Date | null = null;
    for (;;) {
      const rows = await this.repository.sealedAfter(projectId, position, batchSize);
      for (const row of rows) {
        const isNext = row.position === position + 1;
        if (!isNext || row.id === null || entryHash(hash, row as SealedContent) !== row.hash) {
          return { intact: false, entries: position, firstBrokenId: row.entryId, sealedUpTo };
        }
        position = row.position;
        hash = row.hash;
        sealedUpTo = row.at;
      }
      if (rows.length < batchSize) break;
    }
    const slippedIn = await this.#firstSlippedIn(projectId);
    return { intact: slippedIn === null, entries: position, firstBrokenId: slippedIn, sealedUpTo };
  }

  /** The first entry that stands among sealed ones without a seal of its own. */
  async #firstSlippedIn(projectId: string): Promise<string | null> {
    const horizon = await this.repository.horizon(this.database);
    if (!horizon) return null;
    let last: LoggedRow | null = null;
    for (;;) {
      const rows: LoggedRow[] = await this.repository.loggedAfter(projectId, horizon, last, batchSize);
      const slippedIn = rows.find((row) => !row.isSealed);
      if (slippedIn || rows.length < batchSize) return slippedIn?.id ?? null;
      last = rows.at(-1) ?? null;
    }
  }

  #sealBatch(): Promise<number> {
    return this.database.transaction(async (tx) => {
      if (!(await this.repository.lockSealing(tx))) return 0;
      const horizon = await this.repository.horizon(tx);
      const entries = await this.repository.unsealed(tx, horizon, batchSize);
      if (entries.length === 0) return 0;
      const projectIds = [...new Set(entries.map((entry) => entry.projectId ?? noProject))];
      const heads = new Map(
        (await this.repository.heads(tx, projectIds)).map((head) => [head.projectId, head]),
      );
      const seals = entries.map((entry): Seal => {
        const projectId = entry.projectId ?? noProject;
        const previous = heads.get(projectId) ?? { position: 0, hash: chainStart };
        const head = {
          projectId,
          position: previous.position + 1,
          hash: entryHash(previous.hash, entry),
        };
        heads.set(projectId, head);
        return { ...head, entryId: entry.id, entryAt: entry.at };
      });
      await this.repository.append(tx, seals);
      return seals.length;
    });
  }
}
