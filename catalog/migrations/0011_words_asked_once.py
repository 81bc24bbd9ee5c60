"""A word that is written as it is cut is looked up once: each look-up reads all that begins so."""

from django.db import migrations

ASKED = r"""
CREATE OR REPLACE FUNCTION catalog_asked(said text) RETURNS tsquery
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (SELECT to_tsquery('simple', string_agg(
           CASE WHEN cut = lower(word) THEN cut || ':*'
                ELSE '(' || lower(word) || ':* | ' || replace(cut, ' ', ':* & ') || ':*)' END, ' & '))
          FROM unnest(regexp_split_to_array(said, '[^[:alnum:]]+')) word
         CROSS JOIN LATERAL (SELECT catalog_words(word) AS cut) c
         WHERE word <> '')
"""
TWICE = r"""
CREATE OR REPLACE FUNCTION catalog_asked(said text) RETURNS tsquery
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (SELECT to_tsquery('simple', string_agg(
           '(' || lower(word) || ':* | ' || replace(catalog_words(word), ' ', ':* & ') || ':*)', ' & '))
          FROM unnest(regexp_split_to_array(said, '[^[:alnum:]]+')) word WHERE word <> '')
"""


class Migration(migrations.Migration):
    dependencies = [("catalog", "0010_known_sources")]

    operations = [migrations.RunSQL(ASKED, TWICE)]
