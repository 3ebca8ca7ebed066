import { Field, ID, ObjectType, registerEnumType } from 'type-graphql';
import { Column, Entity, ForeignKey, Index, PrimaryColumn, Unique } from 'typeorm';

export enum LoginState {
  LOGGED_IN = 'LOGGED_IN',
  LOGGED_OUT = 'LOGGED_OUT',
  EXPIRING = 'EXPIRING',
  EXPIRED = 'EXPIRED',
  CHALLENGED = 'CHALLENGED',
  UNKNOWN = 'UNKNOWN',
}
registerEnumType(LoginState, {
  name: 'LoginState',
  description:
    'EXPIRING: signed in, but a session cookie is near its end. EXPIRED: it has ended. CHALLENGED: the site wants a captcha or a second factor. UNKNOWN: never probed, too long ago, or the page tells nothing.',
});

/** What a probe saw of the site. */
export type LoginEvidence = 'LOGGED_IN' | 'LOGGED_OUT' | 'CHALLENGED' | 'UNCLEAR';

/** How signing in again went: it worked, the site did not let us in, or it could not be tried. */
export type SignInOutcome = 'SIGNED_IN' | 'REFUSED' | 'FAILED';

@Entity('login_sessions')
@Unique('login_sessions_account_unique', ['projectId', 'site', 'account'])
@Index('login_sessions_due', ['nextCheckAt'])
@ObjectType({
  simpleResolvers: true,
  description: 'An account at a site, and whether its stored browser state is signed in there.',
})
export class LoginSession {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'login_sessions_pkey' })
  @Field(() => ID)
  id: string;

  @Column({ type: 'uuid' })
  @ForeignKey('Project', { name: 'login_sessions_project_fk', onDelete: 'CASCADE' })
  projectId: string;

  @Column({ type: 'text' })
  @Field(() => String)
  site: string;

  @Column({ type: 'text' })
  @Field(() => String, { description: 'Unique within the site and the project.' })
  account: string;

  @Column({ type: 'text' })
  probeUrl: string;

  @Column({ type: 'text', nullable: true })
  loggedInSelector: string | null;

  @Column({ type: 'text', nullable: true })
  loggedOutSelector: string | null;

  /** Sealed. Only read where it is used. */
  @Column({ type: 'bytea', nullable: true, select: false })
  storageState: Buffer | null;

  /** Sealed. Only read where it is used. */
  @Column({ type: 'bytea', nullable: true, select: false })
  recipe: Buffer | null;

  @Column({ type: 'int' })
  checkEverySeconds: number;

  /** As it was told last; as time goes by it may be another: see stateOf. */
  @Column({ type: 'text' })
  @Field(() => LoginState)
  state: LoginState;

  /** By the last probe that could tell; null = none yet. */
  @Column({ type: 'text', nullable: true })
  seen: LoginEvidence | null;

  @Column({ type: 'text', nullable: true })
  @Field(() => String, { nullable: true, description: 'Why it is in this state, in a sentence.' })
  detail: string | null;

  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  @Field(() => Date, { nullable: true, description: 'When the site was last seen; null = never.' })
  checkedAt: Date | null;

  @Column({ type: 'timestamptz', precision: 3 })
  @Field(() => Date, { nullable: true })
  nextCheckAt: Date;

  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  @Field(() => Date, {
    nullable: true,
    description: 'When the first of its session cookies ends; null = none of them says.',
  })
  expiresAt: Date | null;

  /** Probes in a row that could not reach the site. */
  @Column({ type: 'int' })
  failures: number;

  /** Probes that have ended, whatever they found. */
  @Column({ type: 'int' })
  probes: number;

  /** Grows as it is put: what was found with what was stored before holds no more. */
  @Column({ type: 'int' })
  generation: number;

  /** Grows with each change. */
  @Column({ type: 'int' })
  revision: number;

  /** Who probes it or signs in just now, and until when that is believed. */
  @Column({ type: 'uuid', nullable: true })
  leaseId: string | null;

  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  leaseUntil: Date | null;

  /** How often it was signed in again, or tried. */
  @Column({ type: 'int' })
  signIns: number;

  @Column({ type: 'text', nullable: true })
  signInOutcome: SignInOutcome | null;

  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  signInAt: Date | null;

  @Column({ type: 'timestamptz', precision: 3 })
  createdAt: Date;

  /** By the time of the machine, also where the monitor has a clock of its own. */
  @Column({ type: 'timestamptz', precision: 3 })
  updatedAt: Date;
}

@Entity('login_transitions')
@Index('login_transitions_newest', ['sessionId', 'id'])
@ObjectType({ simpleResolvers: true, description: 'A login session went from one state to another.' })
export class LoginTransition {
  /** Grows with time. */
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'login_transitions_pkey' })
  id: string;

  @Column({ type: 'uuid' })
  @ForeignKey('LoginSession', { name: 'login_transitions_session_fk', onDelete: 'CASCADE' })
  sessionId: string;

  @Column({ type: 'text' })
  @Field(() => LoginState)
  from: LoginState;

  @Column({ type: 'text' })
  @Field(() => LoginState)
  to: LoginState;

  @Column({ type: 'timestamptz', precision: 3 })
  @Field(() => Date)
  at: Date;

  @Column({ type: 'text', nullable: true })
  @Field(() => String, { nullable: true })
  detail: string | null;
}
