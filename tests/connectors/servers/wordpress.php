<?php
// Sets up WordPress in the folder given and prints an application password of its administrator.
// php wordpress.php FOLDER
define('WP_INSTALLING', true);
$_SERVER['HTTP_HOST'] = '127.0.0.1';
require $argv[1] . '/wp-load.php';
require ABSPATH . 'wp-admin/includes/upgrade.php';
wp_install('Bwrdd', 'golygydd', 'golygydd@example.org', true, '', 'cyfrinair');
wp_delete_post(1, true); // its own welcome would be listed beside a test's posts
update_option('permalink_structure', '/%postname%/');
[$password] = WP_Application_Passwords::create_new_application_password(1, ['name' => 'porth']);
echo $password;
