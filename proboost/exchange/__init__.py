"""Courses and questions from elsewhere and for elsewhere: nbgrader, GIFT, Moodle XML, pages to read."""
