import type { RequestContext } from '../../platform/request-context.js';
import type { User } from './user.entity.js';
import type { UserRepository } from './user.repository.js';

/** People by id, read once for all fields of an operation that ask for them. */
export class UserLoader {
  constructor(private readonly repository: UserRepository) {}

  /** Null where there is no such person. */
  load(context: RequestContext, id: string): Promise<User | null> {
    return context.loader(this, (ids) => this.repository.byIds(ids)).load(id);
  }
}
