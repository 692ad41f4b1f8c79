//! The two schemas are one: the same migrations, tables, columns, keys, references, indexes and refusals, as both catalogs tell.

use std::collections::BTreeSet;

use crate::harness::{cluster, connect, scratch};
use crate::{Conn, fresh, words};

/// What the embedded database says of its tables, one line each.
const SQLITE: &[&str] = &[
    "SELECT 'column ' || t.name || ' ' || row_number() OVER (PARTITION BY t.name ORDER BY c.cid) || ' ' || c.name || ' ' || c.type
        || iif(c.\"notnull\" OR c.pk, ' required', '') || iif(c.hidden > 1, ' computed', '') AS text
     FROM pragma_table_list t, pragma_table_xinfo(t.name) c WHERE t.schema = 'main' AND t.type = 'table' AND t.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
        AND t.name NOT LIKE '\\_\\_%' ESCAPE '\\'",
    "SELECT 'key ' || t.name || ' ' || group_concat(c.name, ' ' ORDER BY c.pk) AS text
     FROM pragma_table_list t, pragma_table_info(t.name) c WHERE t.schema = 'main' AND c.pk AND t.name NOT LIKE '\\_\\_%' ESCAPE '\\' GROUP BY t.name",
    "SELECT 'reference ' || t.name || '.' || f.\"from\" || ' ' || f.\"table\" || '.' || f.\"to\" || ' ' || f.on_update || ' ' || f.on_delete AS text
     FROM pragma_table_list t, pragma_foreign_key_list(t.name) f WHERE t.schema = 'main'",
    "SELECT iif(i.origin = 'c', 'index ' || i.name || iif(i.\"unique\", ' unique', ''), 'unique') || ' ' || t.name || ' '
        || group_concat(c.name, ' ' ORDER BY c.seqno) || iif(i.partial, ' partial', '') AS text
     FROM pragma_table_list t, pragma_index_list(t.name) i, pragma_index_info(i.name) c WHERE t.schema = 'main' AND i.origin <> 'pk' GROUP BY i.name",
    // A table of this database can also lose a row to INSERT OR REPLACE, which the triggers `_new` refuse; there is no such thing on the other.
    "SELECT 'trigger ' || name || ' ' || tbl_name || ' ' || CASE WHEN sql LIKE '%BEFORE UPDATE ON%' THEN 'UPDATE' WHEN sql LIKE '%BEFORE DELETE ON%'
        THEN 'DELETE' ELSE 'INSERT' END AS text FROM sqlite_master WHERE type = 'trigger' AND name <> tbl_name || '_new'",
];

/// The same lines from the other catalog. A type is that as which the embedded database keeps it.
const POSTGRES: &[&str] = &[
    "SELECT 'column ' || t.relname || ' ' || row_number() OVER (PARTITION BY t.relname ORDER BY c.attnum) || ' ' || c.attname || ' '
        || CASE format_type(c.atttypid, NULL)
            WHEN 'uuid' THEN 'BLOB' WHEN 'bytea' THEN 'BLOB' WHEN 'text' THEN 'TEXT' WHEN 'jsonb' THEN 'TEXT' WHEN 'date' THEN 'TEXT'
            WHEN 'integer' THEN 'INTEGER' WHEN 'bigint' THEN 'INTEGER' WHEN 'boolean' THEN 'INTEGER' WHEN 'timestamp with time zone' THEN 'INTEGER'
            ELSE format_type(c.atttypid, NULL) END
        || CASE WHEN c.attnotnull THEN ' required' ELSE '' END || CASE WHEN c.attgenerated = 's' THEN ' computed' ELSE '' END AS text
     FROM pg_class t JOIN pg_attribute c ON c.attrelid = t.oid WHERE t.relnamespace = 'public'::regnamespace AND t.relkind IN ('r', 'p')
        AND c.attnum > 0 AND NOT c.attisdropped AND t.relname NOT LIKE '\\_\\_%'",
    "SELECT 'key ' || t.relname || ' ' || string_agg(c.attname, ' ' ORDER BY k.place) AS text
     FROM pg_constraint p JOIN pg_class t ON t.oid = p.conrelid CROSS JOIN unnest(p.conkey) WITH ORDINALITY k (num, place)
        JOIN pg_attribute c ON c.attrelid = t.oid AND c.attnum = k.num
     WHERE p.contype = 'p' AND t.relnamespace = 'public'::regnamespace AND t.relname NOT LIKE '\\_\\_%' GROUP BY t.relname",
    "SELECT 'reference ' || t.relname || '.' || string_agg(a.attname, ' ') || ' ' || o.relname || '.' || string_agg(b.attname, ' ') || ' '
        || CASE p.confupdtype WHEN 'a' THEN 'NO ACTION' ELSE p.confupdtype::text END || ' '
        || CASE p.confdeltype WHEN 'a' THEN 'NO ACTION' ELSE p.confdeltype::text END AS text
     FROM pg_constraint p JOIN pg_class t ON t.oid = p.conrelid JOIN pg_class o ON o.oid = p.confrelid
        CROSS JOIN unnest(p.conkey, p.confkey) k (here, there)
        JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.here JOIN pg_attribute b ON b.attrelid = o.oid AND b.attnum = k.there
     WHERE p.contype = 'f' GROUP BY p.oid, t.relname, o.relname, p.confupdtype, p.confdeltype",
    "SELECT CASE WHEN p.contype = 'u' THEN 'unique' ELSE 'index ' || x.relname || CASE WHEN i.indisunique THEN ' unique' ELSE '' END END || ' '
        || t.relname || ' ' || (SELECT string_agg(c.attname, ' ' ORDER BY k.place) FROM unnest(i.indkey::int2[]) WITH ORDINALITY k (num, place)
            JOIN pg_attribute c ON c.attrelid = t.oid AND c.attnum = k.num) || CASE WHEN i.indpred IS NULL THEN '' ELSE ' partial' END AS text
     FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid LEFT JOIN pg_constraint p ON p.conindid = x.oid
        AND p.contype IN ('p', 'u')
     WHERE t.relnamespace = 'public'::regnamespace AND NOT i.indisprimary AND i.indisvalid",
    "SELECT 'trigger ' || g.tgname || ' ' || t.relname || ' ' || CASE g.tgtype & 60 WHEN 4 THEN 'INSERT' WHEN 8 THEN 'DELETE' WHEN 16 THEN 'UPDATE'
        ELSE g.tgtype::text END AS text
     FROM pg_trigger g JOIN pg_class t ON t.oid = g.tgrelid WHERE NOT g.tgisinternal AND g.tgtype & 2 <> 0 AND g.tgtype & 32 = 0",
];

fn catalog(conn: &mut Conn, queries: &[&str]) -> Vec<String> {
    let mut lines: Vec<String> = queries.iter().flat_map(|query| words(conn, query)).collect();
    lines.sort();
    lines
}

#[test]
fn the_two_schemas_are_one() {
    cluster::on_postgres_too();
    let Some(scratch) = scratch() else { return };
    let ((folder, _, mut embedded), mut server) = (fresh(), connect(std::path::Path::new(""), Some(&scratch)));
    let (embedded_steps, server_steps) = (embedded.standing().unwrap(), server.standing().unwrap());
    assert!(embedded_steps.is_current() && !embedded_steps.steps.is_empty());
    assert_eq!(embedded_steps, server_steps);
    let (one, other) = (catalog(&mut embedded, SQLITE), catalog(&mut server, POSTGRES));
    // Each kind of line is there, or nothing would have been compared.
    for (kind, at_least) in [("column ", 150), ("key ", 20), ("reference ", 40), ("index ", 20), ("unique ", 3), ("trigger ", 30)] {
        assert!(one.iter().filter(|line| line.starts_with(kind)).count() >= at_least, "{kind}: {one:#?}");
    }
    let only = |these: &[String], those: &[String]| these.iter().filter(|line| !those.contains(line)).cloned().collect::<Vec<_>>();
    assert_eq!((only(&one, &other), only(&other, &one)), (Vec::new(), Vec::new()), "only embedded, only on PostgreSQL");
    assert_eq!(one, other);
    drop(folder);
}

/// The conditions on the values of a table, one line each, without spaces and brackets.
fn conditions(tables: &[String], mut conditions: impl FnMut(&str) -> Vec<String>) -> BTreeSet<String> {
    let bare = |text: &str| text.chars().filter(|letter| !letter.is_whitespace() && !"()[]".contains(*letter)).collect::<String>();
    let of = |table: &String| conditions(table).into_iter().map(|condition| format!("{table} {}", bare(&condition))).collect::<Vec<_>>();
    tables.iter().flat_map(of).collect()
}

/// What stands in the brackets of each CHECK.
fn checks(sql: &str) -> Vec<String> {
    let rest = sql.split("CHECK").skip(1);
    rest.map(|rest| {
        let mut depth = 0;
        let within = |letter: &char| {
            depth += i32::from(*letter == '(') - i32::from(*letter == ')');
            depth > 0 || *letter != ')'
        };
        rest.trim_start().chars().take_while(within).collect()
    })
    .collect()
}

#[test]
fn both_schemas_put_the_same_conditions_on_values() {
    cluster::on_postgres_too();
    let Some(scratch) = scratch() else { return };
    let ((folder, _, mut embedded), mut server) = (fresh(), connect(std::path::Path::new(""), Some(&scratch)));
    let tables = "SELECT name AS text FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT LIKE '\\_\\_%' ESCAPE '\\'";
    let tables = words(&mut embedded, tables);
    let mut one = conditions(&tables, |table| {
        let sql = format!("SELECT sql AS text FROM sqlite_master WHERE type = 'table' AND name = '{table}'");
        words(&mut embedded, &sql).iter().flat_map(|sql| checks(sql)).collect()
    });
    let in_words = "replace(replace(replace(pg_get_constraintdef(oid), '= ANY', 'IN'), 'ARRAY', ''), '::text', '')";
    let of = |table: &str| format!("FROM pg_constraint WHERE contype = 'c' AND conrelid = 'public.{table}'::regclass");
    let other = conditions(&tables, |table| {
        let lines = words(&mut server, &format!("SELECT replace({in_words}, 'octet_length', 'length') AS text {}", of(table)));
        lines.iter().flat_map(|line| checks(line)).collect()
    });
    // What is a type there is a condition here.
    let mut typed = |name: &str, condition: &str| {
        conditions(&tables, |table| {
            let columns = format!(
                "SELECT {condition} AS text FROM pg_attribute WHERE attrelid = 'public.{table}'::regclass AND atttypid = '{name}'::regtype AND attgenerated = ''"
            );
            words(&mut server, &columns)
        })
    };
    let (truths, ids) = (typed("boolean", "attname || ' IN (0, 1)'"), typed("uuid", "'length(' || attname || ') = 16'"));
    assert!(one.is_superset(&truths), "{one:#?} {truths:#?}");
    one.retain(|condition| !truths.contains(condition) && !ids.contains(condition));
    assert!(one.len() > 15 && truths.len() > 5, "{one:#?}");
    assert_eq!(one, other);
    drop(folder);
}

/// All that makes up the schema on PostgreSQL: columns, constraints, indexes, triggers and how they are enabled, functions, and who may do what.
const EVERYTHING: &[&str] = &[
    "SELECT format('%s %s %s %s', c.relkind, c.relname, pg_get_userbyid(c.relowner), (SELECT string_agg(a::text, ' ' ORDER BY a::text) FROM unnest(c.relacl) a))
        AS text FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relname NOT LIKE '\\_\\_diesel%'",
    "SELECT format('%s.%s %s %s %s %s %s', c.relname, a.attname, a.attnum, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attcollation,
        pg_get_expr(d.adbin, d.adrelid)) AS text
     FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND c.relname NOT LIKE '\\_\\_diesel%'",
    "SELECT format('%s %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) AS text FROM pg_constraint
     WHERE connamespace = 'public'::regnamespace AND conrelid::regclass::text NOT LIKE '\\_\\_diesel%'",
    "SELECT indexdef AS text FROM pg_indexes WHERE schemaname = 'public' AND tablename NOT LIKE '\\_\\_diesel%'",
    "SELECT tgenabled::text || ' ' || pg_get_triggerdef(oid) AS text FROM pg_trigger WHERE NOT tgisinternal",
    "SELECT pg_get_functiondef(oid) || coalesce(proacl::text, '') AS text FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
    "SELECT typname::text AS text FROM pg_type WHERE typnamespace = 'public'::regnamespace AND typname NOT LIKE '%\\_\\_diesel%'",
];

#[test]
fn migrations_can_be_taken_back_and_applied_again_on_postgresql() {
    cluster::on_postgres_too();
    let Some(scratch) = scratch() else { return };
    let mut conn = connect(std::path::Path::new(""), Some(&scratch));
    let before = catalog(&mut conn, EVERYTHING);
    assert!(before.iter().filter(|line| line.starts_with("r ")).count() > 20, "{before:#?}");
    let mut reverted = Vec::new();
    while let Some(name) = conn.revert().unwrap() {
        reverted.insert(0, name);
    }
    assert_eq!(catalog(&mut conn, EVERYTHING), Vec::<String>::new());
    assert_eq!(conn.migrate().unwrap(), reverted);
    assert_eq!(catalog(&mut conn, EVERYTHING), before);
    // Half-way, too, and by the role that serves afterwards.
    assert_eq!(conn.revert().unwrap().as_ref(), reverted.last());
    assert_ne!(catalog(&mut conn, EVERYTHING), before);
    assert_eq!(conn.migrate().unwrap(), reverted[reverted.len() - 1..]);
    assert_eq!(catalog(&mut conn, EVERYTHING), before);
}
