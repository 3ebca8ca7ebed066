import type { AuthEvents } from './features/auth/index.js';
import type { LoginEvents } from './features/logins/index.js';
import type { TaskEvents } from './features/tasks/index.js';

/** Everything that is published between processes; each feature says at its own events who sends them and why. */
export interface Events extends AuthEvents, LoginEvents, TaskEvents {}
