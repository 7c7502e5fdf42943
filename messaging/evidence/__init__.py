"""What became of calls whose answer was lost, told by Kaizala itself (reliability 1.3).

Kaizala has no key of ours on a message, so proof is a match: the same content, in the same group, from our
own user, after the call began. Only a match that leaves no choice settles a call; everything else is left to
a person.

- `echoes`: what Kaizala tells of our own posts, as events (at once) or in its list of actions.
- `looks`: asks for that list, a minute and ten minutes after.
- `weighing`: what speaks for a call, and which others may have brought it. `matching`: the decision, pure.
  `settling`: carries it out.
"""
