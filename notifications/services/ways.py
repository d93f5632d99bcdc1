"""The ways that lead to people, for the statements that plan what goes over them."""

WAYS = """way AS (
        SELECT u.id AS user_id, NULL::bigint AS contact_id, %(account)s AS way, %(email)s AS channel,
            coalesce(p.account_least, %(least)s) AS least
        FROM grids_user u LEFT JOIN notifications_preference p ON p.user_id = u.id
        WHERE u.id = ANY(%(users)s::bigint[]) AND u.email <> ''
        UNION ALL
        SELECT c.user_id, c.id, 'contact:' || c.id, c.channel, c.least FROM notifications_contact c
        WHERE c.user_id = ANY(%(users)s::bigint[]) AND c.verified_at IS NOT NULL AND c.dead_at IS NULL
    )"""
"""A common table expression `way` (user_id, contact_id, way, channel, least): the e-mail address of the account, as far
as it has one, and each contact that is proven and alive. Takes `users`, `account`, `email` and, for who has said
nothing, `least`."""
