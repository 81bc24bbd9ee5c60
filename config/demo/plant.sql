-- A small plant: execution (mes) and warehouse (wms), with operators' personal data.
CREATE SCHEMA mes;
CREATE SCHEMA wms;

CREATE TABLE mes.line (
    line_id integer PRIMARY KEY,
    name text NOT NULL,
    area text NOT NULL,
    rated_parts_per_hour integer NOT NULL
);
COMMENT ON TABLE mes.line IS 'Production lines and what they are rated for';

CREATE TABLE mes.operator (
    operator_id integer PRIMARY KEY,
    badge_number text NOT NULL UNIQUE,
    first_name text NOT NULL,
    last_name text NOT NULL,
    email text,
    mobile_phone text,
    birth_date date,
    emergency_contact text,
    hired_on date NOT NULL
);
COMMENT ON TABLE mes.operator IS 'People who run the lines';

CREATE TABLE mes.shift_assignment (
    operator_id integer NOT NULL REFERENCES mes.operator,
    line_id integer NOT NULL REFERENCES mes.line,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    PRIMARY KEY (operator_id, starts_at)
);

CREATE TABLE mes.work_order (
    work_order_id bigint PRIMARY KEY,
    line_id integer NOT NULL REFERENCES mes.line,
    part_number text NOT NULL,
    quantity integer NOT NULL,
    due_on date NOT NULL,
    released_at timestamptz
);

CREATE TABLE mes.measurement (
    measurement_id bigint PRIMARY KEY,
    work_order_id bigint NOT NULL REFERENCES mes.work_order,
    torque_newton_metres numeric(8, 3),
    temperature_celsius numeric(6, 2),
    measured_at timestamptz NOT NULL,
    inspected_by integer REFERENCES mes.operator
);

CREATE TABLE mes.downtime (
    downtime_id bigint PRIMARY KEY,
    line_id integer NOT NULL REFERENCES mes.line,
    reason text NOT NULL,
    began_at timestamptz NOT NULL,
    ended_at timestamptz
);

CREATE VIEW mes.line_load AS
SELECT line.line_id, line.name, count(work_order.work_order_id) AS open_orders, sum(work_order.quantity) AS parts
FROM mes.line LEFT JOIN mes.work_order USING (line_id)
GROUP BY line.line_id, line.name;

-- What reports read: names travel with it, the badge only as a pseudonym.
CREATE VIEW mes.shift_roster AS
SELECT a.line_id, a.starts_at, o.first_name || ' ' || o.last_name AS staff,
       md5(o.badge_number) AS badge
  FROM mes.shift_assignment a JOIN mes.operator o USING (operator_id);
CREATE VIEW mes.roster_today AS
SELECT staff, badge, line_id FROM mes.shift_roster WHERE starts_at::date = current_date;

CREATE TABLE wms.carrier (
    carrier_id integer PRIMARY KEY,
    name text NOT NULL,
    contact_person text,
    contact_email text,
    bank_account_iban text
);

CREATE TABLE wms.stock (
    part_number text PRIMARY KEY,
    bin text NOT NULL,
    on_hand integer NOT NULL,
    counted_on date
);

CREATE TABLE wms.shipment (
    shipment_id bigint PRIMARY KEY,
    carrier_id integer NOT NULL REFERENCES wms.carrier,
    delivery_address text NOT NULL,
    recipient_name text NOT NULL,
    shipped_at timestamptz
);

CREATE TABLE wms.gate_visit (
    visit_id bigint PRIMARY KEY,
    visitor_name text NOT NULL,
    license_plate text,
    id_card_number text,
    entered_at timestamptz NOT NULL
);
