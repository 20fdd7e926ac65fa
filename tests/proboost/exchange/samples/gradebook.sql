BEGIN TRANSACTION;
CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL);
INSERT INTO "alembic_version" VALUES('e43177bfe90b');
CREATE TABLE assignment (
	id VARCHAR(32) NOT NULL, 
	name VARCHAR(128) NOT NULL, 
	duedate DATETIME, 
	course_id VARCHAR(128) NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (name), 
	FOREIGN KEY(course_id) REFERENCES course (id)
);
INSERT INTO "assignment" VALUES('8c65999e6f7040ae87d4cf9aea6c7b53','ps1','2026-09-30 20:59:00.000000','python-101');
INSERT INTO "assignment" VALUES('416da215a2ba413ab5525fcb959a87fe','ps2','2026-09-20 20:59:00.000000','python-101');
INSERT INTO "assignment" VALUES('3d7063291ca141ffa10c079a7edfdedf','ps10',NULL,'python-101');
CREATE TABLE base_cell (
	id VARCHAR(32) NOT NULL, 
	name VARCHAR(128) NOT NULL, 
	notebook_id VARCHAR(32) NOT NULL, 
	type VARCHAR(50), 
	PRIMARY KEY (id), 
	UNIQUE (name, notebook_id, type), 
	FOREIGN KEY(notebook_id) REFERENCES notebook (id)
);
INSERT INTO "base_cell" VALUES('7c1d1b86fc6241f993f413bfd6ef2938','squares_test','587c195e11ed41d28c71ea3d0ade5d1c','GradeCell');
INSERT INTO "base_cell" VALUES('1b9366f38f7f487daceaf74f7572a6b2','why','587c195e11ed41d28c71ea3d0ade5d1c','GradeCell');
INSERT INTO "base_cell" VALUES('7b9873505f8646c1a50bc7b5b591613e','squares','587c195e11ed41d28c71ea3d0ade5d1c','SolutionCell');
INSERT INTO "base_cell" VALUES('3c590f7c919e4cff82a01f800fb199f6','why','587c195e11ed41d28c71ea3d0ade5d1c','SolutionCell');
INSERT INTO "base_cell" VALUES('a3bae6b35e674f4fbcfeb1a25db57af8','plot','ee63e10e527a49fd8eb8fd8b24309898','TaskCell');
INSERT INTO "base_cell" VALUES('f5d254ad35de4eb287c0f52eb1d32515','x_test','085dad38497b4b1f90b9a497bc62e5c7','GradeCell');
INSERT INTO "base_cell" VALUES('72363d43875e4097940f74ecce538369','x','085dad38497b4b1f90b9a497bc62e5c7','SolutionCell');
CREATE TABLE comment (
	id VARCHAR(32) NOT NULL, 
	notebook_id VARCHAR(32), 
	cell_id VARCHAR(32), 
	auto_comment TEXT, 
	manual_comment TEXT, 
	PRIMARY KEY (id), 
	UNIQUE (cell_id, notebook_id), 
	FOREIGN KEY(notebook_id) REFERENCES submitted_notebook (id), 
	FOREIGN KEY(cell_id) REFERENCES base_cell (id)
);
INSERT INTO "comment" VALUES('a9363064662f4a219c23ee693fafb087','59eca23c121c41898e8930908897aa9a','7b9873505f8646c1a50bc7b5b591613e',NULL,NULL);
INSERT INTO "comment" VALUES('55eb456025534561b71ab3897282f4a9','59eca23c121c41898e8930908897aa9a','3c590f7c919e4cff82a01f800fb199f6',NULL,'Хорошо, но коротко.');
INSERT INTO "comment" VALUES('48b30fb0bd2645809a0635631883bd8e','4d250c62ff3c43d488843f717f736559','7b9873505f8646c1a50bc7b5b591613e','No response.',NULL);
INSERT INTO "comment" VALUES('06b59dbbf56344f4b796924562c75be7','4d250c62ff3c43d488843f717f736559','3c590f7c919e4cff82a01f800fb199f6','No response.',NULL);
CREATE TABLE course (
	id VARCHAR(128) NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (id)
);
INSERT INTO "course" VALUES('python-101');
INSERT INTO "course" VALUES('default_course');
CREATE TABLE grade (
	id VARCHAR(32) NOT NULL, 
	notebook_id VARCHAR(32), 
	cell_id VARCHAR(32), 
	auto_score FLOAT, 
	manual_score FLOAT, 
	extra_credit FLOAT, 
	needs_manual_grade BOOLEAN NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (cell_id, notebook_id), 
	FOREIGN KEY(notebook_id) REFERENCES submitted_notebook (id), 
	FOREIGN KEY(cell_id) REFERENCES base_cell (id)
);
INSERT INTO "grade" VALUES('da7978d3d4d141f4bc2fc2d84c32c3dd','59eca23c121c41898e8930908897aa9a','7c1d1b86fc6241f993f413bfd6ef2938',3.0,NULL,NULL,0);
INSERT INTO "grade" VALUES('8253ba706c35440a842d8f8bcea9da3b','59eca23c121c41898e8930908897aa9a','1b9366f38f7f487daceaf74f7572a6b2',NULL,1.5,0.5,0);
INSERT INTO "grade" VALUES('96a0088f943f472db96655c7130bc0e3','4d250c62ff3c43d488843f717f736559','7c1d1b86fc6241f993f413bfd6ef2938',0.0,NULL,NULL,0);
INSERT INTO "grade" VALUES('1f5f50dac3934822b23908f48c8f050c','4d250c62ff3c43d488843f717f736559','1b9366f38f7f487daceaf74f7572a6b2',0.0,NULL,NULL,0);
CREATE TABLE grade_cells (
	id VARCHAR(32) NOT NULL, 
	max_score FLOAT NOT NULL, 
	cell_type VARCHAR(8) NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(id) REFERENCES base_cell (id)
);
INSERT INTO "grade_cells" VALUES('7c1d1b86fc6241f993f413bfd6ef2938',3.0,'code');
INSERT INTO "grade_cells" VALUES('1b9366f38f7f487daceaf74f7572a6b2',2.0,'markdown');
INSERT INTO "grade_cells" VALUES('f5d254ad35de4eb287c0f52eb1d32515',1.0,'code');
CREATE TABLE notebook (
	id VARCHAR(32) NOT NULL, 
	name VARCHAR(128) NOT NULL, 
	assignment_id VARCHAR(32), 
	kernelspec VARCHAR(1024), 
	PRIMARY KEY (id), 
	UNIQUE (name, assignment_id), 
	FOREIGN KEY(assignment_id) REFERENCES assignment (id)
);
INSERT INTO "notebook" VALUES('587c195e11ed41d28c71ea3d0ade5d1c','squares','8c65999e6f7040ae87d4cf9aea6c7b53','{"display_name": "Python 3", "language": "python", "name": "python3"}');
INSERT INTO "notebook" VALUES('ee63e10e527a49fd8eb8fd8b24309898','tasks','416da215a2ba413ab5525fcb959a87fe','{"display_name": "Python 3", "language": "python", "name": "python3"}');
INSERT INTO "notebook" VALUES('085dad38497b4b1f90b9a497bc62e5c7','last','3d7063291ca141ffa10c079a7edfdedf','{"display_name": "Python 3", "language": "python", "name": "python3"}');
CREATE TABLE solution_cells (
	id VARCHAR(32) NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(id) REFERENCES base_cell (id)
);
INSERT INTO "solution_cells" VALUES('7b9873505f8646c1a50bc7b5b591613e');
INSERT INTO "solution_cells" VALUES('3c590f7c919e4cff82a01f800fb199f6');
INSERT INTO "solution_cells" VALUES('72363d43875e4097940f74ecce538369');
CREATE TABLE source_cell (
	id VARCHAR(32) NOT NULL, 
	name VARCHAR(128) NOT NULL, 
	cell_type VARCHAR(8) NOT NULL, 
	locked BOOLEAN NOT NULL, 
	source TEXT, 
	checksum VARCHAR(128), 
	notebook_id VARCHAR(32), 
	PRIMARY KEY (id), 
	UNIQUE (name, notebook_id), 
	FOREIGN KEY(notebook_id) REFERENCES notebook (id)
);
INSERT INTO "source_cell" VALUES('ce3b508ff73a4d6f8fa36087b9f15c0d','squares','code',0,'def squares(n):
    # YOUR CODE HERE
    raise NotImplementedError()','5a3ccf5dd37bf17406f1c144c6817a8f','587c195e11ed41d28c71ea3d0ade5d1c');
INSERT INTO "source_cell" VALUES('04cc1ee077414625815e258bbe802642','squares_test','code',1,'assert squares(1) == 1
### BEGIN HIDDEN TESTS
assert squares(3) == 14
### END HIDDEN TESTS','294fd1d7345040cf2d49440b0014703c','587c195e11ed41d28c71ea3d0ade5d1c');
INSERT INTO "source_cell" VALUES('f654a4efdd2d4d30adb29867bbaa33a1','why','markdown',0,'YOUR ANSWER HERE','91ce647a1fea1c5e62da5f8372244719','587c195e11ed41d28c71ea3d0ade5d1c');
INSERT INTO "source_cell" VALUES('485f0ac0f18749c284d296ca9cb3dc87','plot','markdown',1,'# Задача

Нарисуйте график.

### BEGIN MARK SCHEME
Оси подписаны: 1 балл.
### END MARK SCHEME','2629bbba722d9a48dceed44e31c22b38','ee63e10e527a49fd8eb8fd8b24309898');
INSERT INTO "source_cell" VALUES('06729e120a6149db8102b5cdaa298dda','x','code',0,'x = 1
# YOUR CODE HERE
raise NotImplementedError()','448ef222e55e3b7ab1feef7360f6e122','085dad38497b4b1f90b9a497bc62e5c7');
INSERT INTO "source_cell" VALUES('00264f9ebd11420d9e923cf676300f16','x_test','code',1,'assert x == 2','cfae6eff67c311d5d34b81b658d4000b','085dad38497b4b1f90b9a497bc62e5c7');
CREATE TABLE student (
	id VARCHAR(128) NOT NULL, 
	first_name VARCHAR(128), 
	last_name VARCHAR(128), 
	email VARCHAR(128), 
	lms_user_id VARCHAR(128), 
	PRIMARY KEY (id)
);
INSERT INTO "student" VALUES('anna','Анна','Иванова, мл.','anna@example.org',NULL);
INSERT INTO "student" VALUES('boris','Борис','=SUM',NULL,NULL);
CREATE TABLE submitted_assignment (
	id VARCHAR(32) NOT NULL, 
	assignment_id VARCHAR(32), 
	student_id VARCHAR(128), 
	timestamp DATETIME, 
	extension DATETIME, 
	PRIMARY KEY (id), 
	UNIQUE (assignment_id, student_id), 
	FOREIGN KEY(assignment_id) REFERENCES assignment (id), 
	FOREIGN KEY(student_id) REFERENCES student (id)
);
INSERT INTO "submitted_assignment" VALUES('be8aa966643d4518988f6dc77b2e6f20','8c65999e6f7040ae87d4cf9aea6c7b53','anna','2026-09-29 10:00:00.000000',NULL);
INSERT INTO "submitted_assignment" VALUES('368cfd5985fe41748d6a95855d566d40','8c65999e6f7040ae87d4cf9aea6c7b53','boris',NULL,NULL);
CREATE TABLE submitted_notebook (
	id VARCHAR(32) NOT NULL, 
	assignment_id VARCHAR(32), 
	notebook_id VARCHAR(32), 
	flagged BOOLEAN, 
	late_submission_penalty FLOAT, 
	PRIMARY KEY (id), 
	UNIQUE (notebook_id, assignment_id), 
	FOREIGN KEY(assignment_id) REFERENCES submitted_assignment (id), 
	FOREIGN KEY(notebook_id) REFERENCES notebook (id)
);
INSERT INTO "submitted_notebook" VALUES('59eca23c121c41898e8930908897aa9a','be8aa966643d4518988f6dc77b2e6f20','587c195e11ed41d28c71ea3d0ade5d1c',0,NULL);
INSERT INTO "submitted_notebook" VALUES('4d250c62ff3c43d488843f717f736559','368cfd5985fe41748d6a95855d566d40','587c195e11ed41d28c71ea3d0ade5d1c',0,NULL);
CREATE TABLE task_cells (
	id VARCHAR(32) NOT NULL, 
	max_score FLOAT NOT NULL, 
	cell_type VARCHAR(8) NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(id) REFERENCES base_cell (id)
);
INSERT INTO "task_cells" VALUES('a3bae6b35e674f4fbcfeb1a25db57af8',4.0,'markdown');
COMMIT;
