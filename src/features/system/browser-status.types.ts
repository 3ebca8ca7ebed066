import { Field, Float, ID, Int, ObjectType, registerEnumType } from 'type-graphql';
import { BrowserState } from './browser-status.js';

registerEnumType(BrowserState, {
  name: 'BrowserState',
  valuesConfig: {
    STARTING: { description: 'It opens no pages yet.' },
    IDLE: { description: 'It has no page open.' },
    BUSY: { description: 'It has a page open, or several.' },
    UNRESPONSIVE: { description: 'It, or a page in it, does not answer; it is killed and replaced.' },
    CLOSED: { description: 'It has ended.' },
  },
});

@ObjectType({ simpleResolvers: true, description: 'One browser that pages are opened in.' })
export class BrowserInstance {
  @Field(() => ID)
  id: string;

  @Field(() => String, { description: 'The process that it belongs to, as host:pid.' })
  worker: string;

  @Field(() => BrowserState)
  state: BrowserState;

  @Field(() => Int, { description: 'Pages that were opened in it so far.' })
  pages: number;

  @Field(() => Float, {
    nullable: true,
    description: 'Memory of all its processes, bytes; null where the system does not say.',
  })
  memoryBytes: number | null;

  @Field(() => Date)
  startedAt: Date;

  @Field(() => Date, { description: 'When its process last told of it.' })
  lastSeenAt: Date;

  @Field(() => ID, { nullable: true, description: 'The task that has had a page open for longest.' })
  currentTaskId: string | null;
}

@ObjectType({ simpleResolvers: true, description: 'The browsers of all processes.' })
export class BrowserPoolStatus {
  @Field(() => Boolean, { description: 'Whether any process can open pages in a browser.' })
  available: boolean;

  @Field(() => String, { nullable: true, description: 'Why none can, and what to do; null = one can.' })
  reason: string | null;

  @Field(() => Int)
  total: number;

  @Field(() => Int)
  idle: number;

  @Field(() => Int)
  busy: number;

  @Field(() => Int)
  unresponsive: number;

  @Field(() => [BrowserInstance], {
    description: 'Browsers start when pages are wanted; until then there are none.',
  })
  instances: BrowserInstance[];
}
