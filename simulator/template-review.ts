import { z } from 'zod';
import { TIMES } from './call-script.ts';
import { SimulatorError } from './simulator-error.ts';
import type { Template } from './state.ts';
import type { World } from './world.ts';

/** States that WhatsApp's reviewers and its quality watch give a template. */
export const TEMPLATE_STATES = ['PENDING', 'APPROVED', 'REJECTED', 'PAUSED', 'DISABLED'] as const;

/** What the reviewers do with new templates by themselves. */
export const templateReview = z.enum(['approve', 'reject', 'hold']);
export const templateVerdict = z.strictObject({
  name: z.string().min(1),
  /** All languages of the name if left out. */
  language: z.string().optional(),
  status: z.enum(TEMPLATE_STATES),
  /** Such as INCORRECT_CATEGORY, with REJECTED. */
  reason: z.string().max(200).optional(),
});

/** A new template goes to the reviewers, who take their time. */
export function submit(world: World, template: Template): void {
  world.clock.after(TIMES.templateReview, () => {
    const { templates, templateReview: review = 'approve' } = world.state.number;
    if (!templates.includes(template) || template.status !== 'PENDING' || review === 'hold') return;
    if (review === 'reject') decide(world, template, 'REJECTED', 'INVALID_FORMAT');
    else decide(world, template, 'APPROVED');
    world.save();
  });
}

/**
 * A verdict by hand.
 * @throws SimulatorError `template_unknown`
 */
export function review(world: World, verdict: z.infer<typeof templateVerdict>): { changed: number } {
  const found = world.state.number.templates.filter(
    ({ name, language }) => name === verdict.name && (verdict.language === undefined || language === verdict.language),
  );
  if (found.length === 0)
    throw new SimulatorError('template_unknown', 'There is no such template.', 'Check name and language.', 404);
  for (const template of found) decide(world, template, verdict.status, verdict.reason);
  return { changed: found.length };
}

/** The business hears of it by `message_template_status_update`; a return to PENDING is told by nobody. */
function decide(world: World, template: Template, status: Template['status'], reason?: string): void {
  template.status = status;
  if (status === 'REJECTED') template.rejected_reason = reason ?? 'INVALID_FORMAT';
  else delete template.rejected_reason;
  if (status === 'PENDING') return;
  world.sender.emit('message_template_status_update', 'template', {
    event: status,
    message_template_id: Number(template.id),
    message_template_name: template.name,
    message_template_language: template.language,
    reason: template.rejected_reason ?? 'NONE',
  });
}
