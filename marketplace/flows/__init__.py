"""The journeys that cross rooms; transactions of those open here and nowhere above.

tenants     an operator makes a tenant, a manager invites workers and makes keys
projects    drawn up, opened, changed, closed
intake      items, recorded answers and predictions come in; items are withdrawn
work        claim -> answer                               then rings settle
settling    answers -> consensus -> flags                 then rings webhooks, training
admitting   grounds -> the decision whether a worker may claim
examining   an exam or a training is taken and decided -> skills, admission
knowing     skills by hand, attributes, lists, reviews    -> admission
studying    answers -> figures of workers, suspicions, skills -> admission
deciding    a flag is confirmed -> admission, votes       then rings settle
training    consensus -> push -> model -> predictions     then rings webhooks
telling     consensus, flags, pushes -> webhooks
once        a request under a key of the caller's is done once, however often it comes
doorbell    what rings, and what a job does when it rings
sweeping    finds again what a crash or a lost message left behind
"""
