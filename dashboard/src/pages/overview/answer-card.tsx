import {
  IconAlertTriangleFilled,
  IconCircleCheckFilled,
  IconInfoCircleFilled,
  IconPlayerPlayFilled,
  type IconProps,
} from '@tabler/icons-react';
import type { ComponentType, ReactNode } from 'react';
import { Link } from 'wouter';

/** How it stands: in order, to be looked after, or neither. Each has a sign of its own beside its colour. */
type Standing = 'fine' | 'trouble' | 'running' | 'idle';

const SIGNS: Record<Standing, { icon: ComponentType<IconProps>; tone: string; word: string }> = {
  fine: { icon: IconCircleCheckFilled, tone: 'completed', word: 'in order' },
  trouble: { icon: IconAlertTriangleFilled, tone: 'failed', word: 'needs attention' },
  running: { icon: IconPlayerPlayFilled, tone: 'running', word: 'running' },
  idle: { icon: IconInfoCircleFilled, tone: 'waiting', word: 'idle' },
};

export interface AnswerCardProps {
  /** The question in a noun. */
  title: string;
  standing: Standing;
  /** The answer in a few words. */
  headline: string;
  /** Where the headline leads. */
  href: string;
  /** At most three lines of what is behind it. */
  children?: ReactNode;
}

/** One question of the overview with its answer: sign, headline, and what is behind it. */
export function AnswerCard({ title, standing, headline, href, children }: AnswerCardProps): ReactNode {
  const { icon: Icon, tone, word } = SIGNS[standing];
  return (
    <section className="bw-answer" data-tone={tone} aria-label={title}>
      <h2>{title}</h2>
      <Link href={href} className="bw-headline">
        <Icon size={20} role="img" aria-label={word} />
        {headline}
      </Link>
      {children}
    </section>
  );
}
