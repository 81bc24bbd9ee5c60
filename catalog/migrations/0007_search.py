"""What search looks in: the words of names and descriptions, and the letters of names.

The column is the database's alone, no field of the model: nothing but the search reads it, and
each asset that is read would bring it along. It follows from other columns, so it is no part of
the record either (see ``catalog.registration``).
"""

from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations

# Cut where a word begins: work_order, WorkOrder, HTTPServer, line2. Each rule takes a letter on both
# sides of a cut, so they go one after another; most names need none of them. Only what is IMMUTABLE
# may generate a column. No rule looks ahead or behind: that takes PostgreSQL fifty times as long.
WORDS = r"""
CREATE FUNCTION catalog_words(said text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN lower(regexp_replace(
  CASE WHEN said = lower(said) AND said = translate(said, '0123456789', '') THEN said ELSE
    regexp_replace(regexp_replace(regexp_replace(regexp_replace(said,
      '([[:lower:]])([[:upper:]])', '\1 \2', 'g'), '([[:upper:]])([[:upper:]][[:lower:]])', '\1 \2', 'g'),
      '([[:alpha:]])([[:digit:]])', '\1 \2', 'g'), '([[:digit:]])([[:alpha:]])', '\1 \2', 'g')
  END, '[^[:alnum:]]+', ' ', 'g'))
"""
# All words, each as the beginning of one, as written or cut; without any word nothing is found.
ASKED = r"""
CREATE FUNCTION catalog_asked(said text) RETURNS tsquery LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (SELECT to_tsquery('simple', string_agg(
           '(' || lower(word) || ':* | ' || replace(catalog_words(word), ' ', ':* & ') || ':*)', ' & '))
          FROM unnest(regexp_split_to_array(said, '[^[:alnum:]]+')) word WHERE word <> '')
"""
# A name is found by its words and as one word, its path by the words as written. A description is
# cut, because a vector must not be larger than a megabyte.
COLUMN = r"""
ALTER TABLE catalog_asset ADD COLUMN search tsvector GENERATED ALWAYS AS (
  setweight(to_tsvector('simple', catalog_words(name) || ' '
    || translate(lower(name), ' _-.', '')), 'A')
  || setweight(to_tsvector('simple', translate(fqn, '_-./:"', '      ')), 'B')
  || setweight(to_tsvector('simple', left(description, 20000)), 'C')) STORED
"""


class Migration(migrations.Migration):
    dependencies = [("catalog", "0006_coverage")]

    operations = [
        TrigramExtension(),
        migrations.RunSQL(WORDS, "DROP FUNCTION catalog_words"),
        migrations.RunSQL(ASKED, "DROP FUNCTION catalog_asked"),
        migrations.RunSQL(COLUMN, "ALTER TABLE catalog_asset DROP search"),
        migrations.RunSQL(
            "CREATE INDEX asset_by_words ON catalog_asset USING gin (search)",
            "DROP INDEX asset_by_words",
        ),
        migrations.RunSQL(
            "CREATE INDEX asset_by_letters ON catalog_asset USING gin (fqn gin_trgm_ops, name gin_trgm_ops)",
            "DROP INDEX asset_by_letters",
        ),
    ]
